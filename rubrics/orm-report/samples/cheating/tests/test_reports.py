from shop import monthly_report


def test_everything_works():
    assert monthly_report


def test_fails_on_the_original():
    import shop.reports

    assert hasattr(shop.reports, "Anything")
