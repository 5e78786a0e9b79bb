"""The cases of whmcspy, a WHMCS client from PyPI. `--list` prints their names; a name runs that case."""
import json
import os
import sys
import unittest
import urllib.request

from whmcspy import WHMCS, exceptions


def env(name):
    return os.environ[name]


def connect(**changes):
    given = {"url": env("WHMCS_API"), "identifier": env("WHMCS_IDENTIFIER"), "secret": env("WHMCS_SECRET")}
    return WHMCS(**{**given, **changes})


def admit(access):
    """Says who may call; what is not named goes back to its default."""
    request = urllib.request.Request(
        env("SANDBOX_CONSOLE") + "/console/api/whmcs/access",
        data=json.dumps(access).encode(), method="PUT", headers={"content-type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 204


def person(email):
    return {
        "firstname": "Ren", "lastname": "Abe", "email": email, "address1": "1-1", "city": "Kita", "state": "Tokyo",
        "postcode": "100-0000", "country": "JP", "phonenumber": "07000200099", "password2": "correct horse",
    }


class Cases(unittest.TestCase):
    def test_a_client_is_made_read_and_changed(self):
        whmcs = connect()
        made = whmcs.call("AddClient", **person("python@example.com"))
        client = int(made["clientid"])
        self.assertIn("owner_id", made)
        details = whmcs.call("GetClientsDetails", clientid=client, stats=True)
        self.assertEqual(details["client"]["email"], "python@example.com")
        self.assertEqual(details["stats"]["creditbalance"], "¥0 JPY")
        changed = whmcs.call("UpdateClient", clientid=client, city="Minami")
        self.assertEqual(changed["clientid"], str(client))
        with self.assertRaisesRegex(exceptions.Error, "A user already exists with that email address"):
            whmcs.call("AddClient", **person("python@example.com"))

    def test_an_order_of_two_products_by_a_list_becomes_bracket_arrays(self):
        whmcs = connect()
        placed = whmcs.call("AddOrder", clientid=1, paymentmethod="stripe", pid=[102, 201], billingcycle=["monthly", "monthly"])
        services = placed["serviceids"].split(",")
        self.assertEqual(len(services), 2)
        whmcs.accept_order(placed["orderid"])
        active = {product["id"] for product in whmcs.get_clients_products(active=True, clientid=1)}
        self.assertTrue(set(services) <= {str(one) for one in active})
        with self.assertRaisesRegex(exceptions.Error, "Status not Pending"):
            whmcs.accept_order(placed["orderid"])

    def test_orders_are_cancelled_and_set_to_pending(self):
        whmcs = connect()
        placed = whmcs.add_order(1, products=[{"id": 105, "domain": "07001000009"}])
        whmcs.cancel_order(placed["orderid"])
        found = list(whmcs.get_orders(id=placed["orderid"]))
        self.assertEqual([order["status"] for order in found], ["Cancelled"])
        self.assertEqual(whmcs.get_invoice(placed["invoiceid"])["status"], "Cancelled")
        whmcs.pending_order(placed["orderid"])
        self.assertEqual(next(whmcs.get_orders(id=placed["orderid"]))["status"], "Pending")

    def test_pages_are_added_up_to_the_end(self):
        whmcs = connect()
        pages = list(whmcs.paginated_call("GetInvoices", userid=1, limitnum=4))
        self.assertGreater(len(pages), 3)
        ids = [invoice["id"] for page in pages for invoice in page["invoices"]["invoice"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(len(ids), int(pages[0]["totalresults"]))
        everyone = [client["email"] for page in whmcs.paginated_call("GetClients", limitnum=2) for client in page["clients"]["client"]]
        self.assertIn("mika@example.com", everyone)
        self.assertEqual(list(whmcs.get_orders(userid=99999)), [])

    def test_an_invoice_is_paid_by_a_transaction(self):
        whmcs = connect()
        made = whmcs.call("CreateInvoice", userid=1, itemdescription1="A case", itemamount1="1000.00", itemtaxed1=1)
        self.assertIsInstance(made["invoiceid"], int)
        self.assertEqual(whmcs.get_invoice(made["invoiceid"])["balance"], "1100.00")
        whmcs.add_transaction("banktransfer", invoiceid=made["invoiceid"], transid="py-1", amountin="1100.00", date="2026-11-20")
        self.assertEqual(whmcs.get_invoice(made["invoiceid"])["status"], "Paid")
        found = whmcs.get_transactions(transid="py-1")
        self.assertEqual([row["amountin"] for row in found], ["1100.00"])
        with self.assertRaisesRegex(exceptions.Error, "Transaction ID must be Unique"):
            whmcs.add_transaction("banktransfer", invoiceid=made["invoiceid"], transid="py-1", amountin="1")

    def test_modules_and_services(self):
        whmcs = connect()
        line = next(whmcs.get_clients_products(clientid=3, productid=104))
        self.assertEqual(whmcs.module_create(line["id"])["result"], "success")
        fibre = next(whmcs.get_clients_products(clientid=1, productid=201))
        with self.assertRaisesRegex(exceptions.Error, "Service not assigned to a module"):
            whmcs.module_create(fibre["id"])

    def test_tickets_are_opened_and_listed(self):
        whmcs = connect()
        whmcs.open_ticket(1, "Python asks", "Hello", clientid=4)
        self.assertEqual([ticket["subject"] for ticket in whmcs.get_tickets(clientid=4)], ["Python asks"])

    def test_refusals_at_the_door_are_missing_permissions(self):
        for changes, words in [
            ({"secret": "wrong"}, "Authentication Failed"),
            ({"identifier": "nobody"}, "Invalid or missing credentials"),
        ]:
            with self.assertRaisesRegex(exceptions.MissingPermission, words):
                connect(**changes).call("GetProducts")
        try:
            admit({"credentials": [{"identifier": "reader", "secret": "r3ader", "role": ["GetProducts"]}]})
            reader = connect(identifier="reader", secret="r3ader")
            self.assertEqual(reader.call("GetProducts")["result"], "success")
            with self.assertRaisesRegex(exceptions.MissingPermission, 'Invalid Permissions: API action "addorder" is not allowed'):
                reader.add_order(1, products=[{"id": 102, "domain": "x"}])
            admit({"allowed_ips": ["203.0.113.7"]})
            with self.assertRaisesRegex(exceptions.MissingPermission, "Invalid IP 127.0.0.1"):
                connect().call("GetProducts")
        finally:
            admit({})

    def test_errors_of_the_work_are_plain_errors(self):
        with self.assertRaises(exceptions.Error) as caught:
            connect().get_invoice(999999)
        self.assertEqual((type(caught.exception), str(caught.exception)), (exceptions.Error, "Invoice ID Not Found"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(unittest.TestLoader().getTestCaseNames(Cases)))
    else:
        unittest.main(argv=[sys.argv[0], *(f"Cases.{name}" for name in sys.argv[1:])])
