"""What a browser asks of the vendors' prices."""

from flask.testing import FlaskClient

from tests.cast import csrf_of

PRICES = "/pricing/vendor-prices"
HEADER = "provider,model,input_price_per_1k,output_price_per_1k\n"


def page(browser: FlaskClient, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)[:400]
    return answer.get_data(as_text=True)


def sent(browser: FlaskClient, path: str, status: int = 303, **form: object) -> str:
    data = {"csrf_token": csrf_of(browser), **form}
    answer = browser.post(path, data=data)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.headers.get("Location") or answer.get_data(as_text=True)
