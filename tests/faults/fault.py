"""What a fault is: a few changed words in a function of the database or in a module, and the test that must notice."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg
from psycopg.rows import TupleRow


@dataclass(frozen=True)
class Statement:
    """Run as the owner of the database."""

    sql: str

    def apply(self, owner: psycopg.Connection[TupleRow]) -> None:
        owner.execute(self.sql.encode())


@dataclass(frozen=True)
class Function:
    """Other words in a function of the database."""

    name: str
    old: str
    new: str

    def apply(self, owner: psycopg.Connection[TupleRow]) -> None:
        sql = "select pg_get_functiondef(oid) from pg_proc where proname = %s and pronamespace = 'public'::regnamespace"
        ((body,),) = owner.execute(sql.encode(), (self.name,)).fetchall()
        assert self.old in body, f"{self.name} does not say {self.old!r}"
        owner.execute(body.replace(self.old, self.new).encode())


@dataclass(frozen=True)
class Code:
    """Other words in a module of ours."""

    module: str
    old: str
    new: str

    def apply(self) -> None:
        """Run the module again with the other words, wherever its names are used."""
        module = sys.modules[self.module]
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert self.old in source, f"{self.module} does not say {self.old!r}"
        before = dict(vars(module))
        exec(compile(source.replace(self.old, self.new), str(module.__file__), "exec"), vars(module))
        for other in [other for name, other in sys.modules.items() if name.partition(".")[0] in {"dashboard", "tests"}]:
            _follow(other, before, vars(module))


Change = Statement | Function | Code


@dataclass(frozen=True)
class Fault:
    """A mistake somebody could make, and the test that fails when they do."""

    name: str
    test: str
    changes: tuple[Change, ...]


def fault(name: str, test: str, *changes: Change) -> Fault:
    return Fault(name, f"tests/{test}", changes)


def _follow(module: ModuleType, before: dict[str, object], after: dict[str, object]) -> None:
    for name, value in list(vars(module).items()):
        if not name.startswith("__") and callable(value) and before.get(name) is value:
            setattr(module, name, after[name])
