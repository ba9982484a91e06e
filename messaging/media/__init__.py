"""Files that go out and come in: what they are, where they are kept, how gateways get them and how people see them."""
