from leadflow.kit import seal


def test_a_secret_comes_back_with_its_key_and_purpose_only():
    sealed = seal.close("key", "mailbox", "pässword")

    assert "pässword" not in sealed
    assert seal.read("key", "mailbox", sealed) == "pässword"
    assert seal.read("another", "mailbox", sealed) is None
    assert seal.read("key", "webhook", sealed) is None
    assert seal.read("key", "mailbox", sealed[:-4] + "AAA=") is None
    assert seal.read("key", "mailbox", "") is None
