"""A short run of `make bench` does not wipe what a long one measured."""

from pathlib import Path

from benchmarks.results import Result, keep


def test_a_measurement_takes_the_place_of_the_one_before_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    file.write_text("# Measured\n\n## fold\n\nyesterday\n\n## storm\n\nlong ago\n")
    keep("fold", [Result("folding", "400,000/s", "≥ 300,000", met=True)], file)
    kept = file.read_text()
    assert "| folding | 400,000/s | ≥ 300,000 | met |" in kept
    assert "yesterday" not in kept
    assert kept.index("## fold") < kept.index("## storm")
    assert kept.endswith("long ago\n")
