"""What a source is called: its kind, behind the name of its account where that has one."""

LABEL = "account:"


def source_name(account: str, kind: str) -> str:
    """`api_keys`, or `emea.api_keys` of account `emea`. It stands in the store, in metrics and in messages."""
    return f"{account}.{kind}" if account else kind


def account_labels(account: str) -> tuple[str, ...]:
    """The labels that events of an account carry; none of the first account."""
    return (f"{LABEL}{account}",) if account else ()


def account_of(name: str) -> str:
    """The account of the source of this name; empty: the first one."""
    return name.rpartition(".")[0]


def kind_of(name: str) -> str:
    """The kind of the source of this name."""
    return name.rpartition(".")[2]
