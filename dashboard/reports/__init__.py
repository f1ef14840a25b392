"""Every reading: row dataclasses and their queries; mirrors queries/."""
