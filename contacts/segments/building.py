"""The builder of a segment: what stands in its form, as rows to show and as rules to keep. The form carries everything, so a
row that is added or removed needs no memory here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from contacts.segments.language import Asks, Choices, Fact, Op, fact_named, facts
from contacts.segments.rules import MOST_CONDITIONS

_MOST_BLOCKS = 5
_TYPES = {Asks.NUMBER: "number", Asks.DATE: "date", Asks.DAYS: "number"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One condition of the form. block: "" for the segment's own, else the number of the block it stands in."""

    fact: str = "field"
    of: str = ""
    op: str = ""
    value: str = ""
    block: str = ""
    number: int = 0  # of the row in the form, from 1

    @property
    def known(self) -> Fact:
        return fact_named(self.fact) or facts()[0]

    @property
    def chosen(self) -> Op:
        return self.known.op(self.op) or self.known.ops[0]

    @property
    def facts(self) -> Choices:
        return [(each.key, str(each.label)) for each in facts()]

    @property
    def things(self) -> Choices:
        """What the fact can be asked of, what is chosen among it also where it does not exist any more."""
        if self.known.things is None:
            return []
        known = self.known.things()
        return known if not self.of or self.of in dict(known) else [*known, (self.of, f"{self.of} ?")]

    @property
    def ops(self) -> Choices:
        return [(op.key, str(op.label)) for op in self.known.ops]

    @property
    def values(self) -> Choices:
        return self.known.values() if self.chosen.asks == Asks.CHOICE and self.known.values else []

    @property
    def input_type(self) -> str:
        """The kind of input for the value; "" for none, and where there is a list to choose from."""
        if self.chosen.asks in (Asks.NOTHING, Asks.CHOICE):
            return ""
        return _TYPES.get(self.chosen.asks, "text")

    @property
    def is_days(self) -> bool:
        return self.chosen.asks == Asks.DAYS

    @property
    def condition(self) -> dict[str, str]:
        """As it is kept: without what its operator does not ask for."""
        op = self.chosen
        return {
            "fact": self.known.key,
            "of": self.of if self.known.things else "",
            "op": op.key,
            "value": self.value if op.asks else "",
        }


@dataclass(frozen=True, kw_only=True)
class Block:
    """Conditions put together; key "" for the segment itself."""

    key: str
    match: str = "all"
    rows: Sequence[Row] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What stands in the form. own: the segment's conditions; blocks: those put together beside them."""

    own: Block = field(default_factory=lambda: Block(key="", rows=(Row(number=1),)))
    blocks: Sequence[Block] = ()

    @property
    def rules(self) -> dict[str, Any]:
        blocks = [
            {"match": block.match, "conditions": [row.condition for row in block.rows]}
            for block in self.blocks
            if block.rows
        ]
        return {"match": self.own.match, "conditions": [*(row.condition for row in self.own.rows), *blocks]}

    @property
    def is_full(self) -> bool:
        return self._count >= MOST_CONDITIONS

    @property
    def may_have_block(self) -> bool:
        return len(self.blocks) < _MOST_BLOCKS and not self.is_full

    @property
    def _count(self) -> int:
        return sum(len(block.rows) for block in (self.own, *self.blocks))


def of_rules(rules: Mapping[str, Any]) -> Draft:
    """The form filled with kept rules."""
    given = rules.get("conditions", [])
    own = tuple(Row(**each) for each in given if "conditions" not in each)
    blocks = tuple(
        Block(key=str(key), match=each["match"], rows=tuple(Row(**row, block=str(key)) for row in each["conditions"]))
        for key, each in enumerate((each for each in given if "conditions" in each), start=1)
    )
    return _numbered(Draft(own=Block(key="", match=rules.get("match", "all"), rows=own), blocks=blocks))


def read(data: QueryDict) -> Draft:
    """What was sent. The four parts of a row and its block come as lists of one length."""
    parts = ("fact", "of", "op", "value", "block")
    columns = [data.getlist(part) for part in parts]
    rows = [
        Row(**dict(zip(parts, cells, strict=True)))
        for cells in list(zip(*columns, strict=False))[: MOST_CONDITIONS + 1]
    ]
    keys = [key for key in dict.fromkeys(data.getlist("blocks")) if key.isdecimal()][:_MOST_BLOCKS]

    def block(key: str) -> Block:
        match = "any" if data.get(f"match{key}") == "any" else "all"
        return Block(key=key, match=match, rows=tuple(row for row in rows if row.block == key))

    return _numbered(Draft(own=block(""), blocks=tuple(block(key) for key in keys)))


def after(draft: Draft, deed: str) -> Draft:
    """The form after a button: `add:<block>`, `drop:<number of a row>`, `block`, or `drop-block:<block>`."""
    what, _colon, which = deed.partition(":")
    if what == "block" and draft.may_have_block:
        key = str(max((int(block.key) for block in draft.blocks), default=0) + 1)
        more = Block(key=key, match="any", rows=(Row(block=key), Row(block=key)))
        return _numbered(replace(draft, blocks=(*draft.blocks, more)))
    if what == "drop-block":
        return _numbered(replace(draft, blocks=tuple(block for block in draft.blocks if block.key != which)))
    if what not in ("add", "drop") or (what == "add" and draft.is_full):
        return draft

    def changed(block: Block) -> Block:
        if what == "add":
            return replace(block, rows=(*block.rows, Row(block=which))) if block.key == which else block
        return replace(block, rows=tuple(row for row in block.rows if str(row.number) != which))

    return _numbered(Draft(own=changed(draft.own), blocks=tuple(changed(block) for block in draft.blocks)))


def _numbered(draft: Draft) -> Draft:
    numbers = iter(range(1, draft._count + 1))

    def numbered(block: Block) -> Block:
        return replace(block, rows=tuple(replace(row, number=next(numbers)) for row in block.rows))

    return Draft(own=numbered(draft.own), blocks=tuple(numbered(block) for block in draft.blocks))
