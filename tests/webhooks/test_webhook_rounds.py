"""What webhooks send, when, in what order, and when they stop; on both databases, over real HTTP."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Thread

import pytest
from hooks import PATH, START, Pier, said, signature
from standardwebhooks import Webhook as Standard

from broadsheet.claims import new_claim
from broadsheet.delivery.webhooks import rounds
from broadsheet.delivery.webhooks.rounds import BACKOFF, LEASE, webhook_round
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied, QueryError
from broadsheet.pipeline import sync_index
from broadsheet.store.people import webhook_deliveries
from broadsheet.webhooks import DeliveryState, ListKind, WebhookState

HANG_SECONDS = 0.3


def states(pier: Pier, hook: object) -> list[DeliveryState]:
    return [each.state for each in pier.deliveries(hook)]  # type: ignore[arg-type]


def test_new_papers_arrive_signed_and_those_from_before_do_not(pier: Pier) -> None:
    pier.add(1, 2)
    pier.server.answer(PATH, status=204)
    secret, hook = pier.hook()
    pier.add(3, 4)
    done = webhook_round(pier.services)
    [request] = pier.got()
    assert (done.queued, done.delivered, done.failed) == (1, 1, 0)
    assert pier.papers() == ["2608.00003", "2608.00004"]
    assert request.headers["webhook-signature"] == signature(secret, request)
    assert request.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert request.headers["content-type"] == "application/json"
    assert said(request)["type"] == "papers.new"
    assert pier.now(hook).delivered_at == START


def test_the_published_library_of_standard_webhooks_takes_a_delivery(
    pier: Pier, monkeypatch: pytest.MonkeyPatch
) -> None:
    pier.server.answer(PATH)
    secret, _ = pier.hook()
    pier.add(1)
    from datetime import UTC, datetime

    pier.clock.now = datetime.now(UTC)  # that library compares with the clock of the machine
    pier.add(2, listed_on=pier.clock.now.date())
    webhook_round(pier.services)
    [request] = pier.got()
    assert Standard(secret).verify(request.body, request.headers)["data"]["papers"]
    with pytest.raises(Exception, match="No matching signature"):
        Standard(secret).verify(request.body + b" ", request.headers)


def test_a_paper_comes_once_however_often_is_looked(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.hook()
    for number in range(1, 4):
        pier.add(number)
        pier.clock.pass_(minutes=2)
        webhook_round(pier.services)
        webhook_round(pier.services)
    assert pier.papers() == ["2608.00001", "2608.00002", "2608.00003"]


def test_an_imported_archive_floods_nobody(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.hook(ListKind.DAY, "")
    pier.add(1, listed_on=START.date() - timedelta(days=8))
    pier.add(2, listed_on=START.date() - timedelta(days=7))
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00002"]


def test_many_papers_come_in_batches_and_all_of_them(
    pier: Pier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MOST_AT_ONCE", 60)
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(*range(1, 131))
    for _ in range(3):
        webhook_round(pier.services)
        pier.clock.pass_(minutes=1)
    sizes = [len(said(each)["data"]["papers"]) for each in pier.got()]
    assert sizes == [25, 25, 10, 25, 25, 10, 10]
    assert len(set(pier.papers())) == 130
    assert not pier.services.store.people.deliveries.waiting(hook.webhook_id)


def test_a_huge_abstract_does_not_make_a_huge_delivery(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.hook()
    pier.add(1, abstract="A lantern. " * 100_000, authors=("Ada",) * 5_000)
    pier.add(*range(2, 60), abstract="A lantern. " * 2_000)
    webhook_round(pier.services)
    assert max(len(each.body) for each in pier.got()) < 300_000
    assert len(pier.papers()) == 59


def test_a_paper_enters_a_collection_when_it_is_put_there(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.add(1, 2, 3, listed_on=START.date() - timedelta(days=900))
    lists = pier.services.community.collections
    lists.create(pier.bob, "Piers")
    store = pier.services.store
    lists.add(pier.bob, "piers", {store.paper("2608.00001").paper_id: ""})
    pier.hook(ListKind.COLLECTION, "bob/piers")
    lists.add(pier.bob, "piers", {store.paper("2608.00003").paper_id: ""})
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00003"]


def test_a_paper_enters_trending_when_it_gets_its_votes(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.add(1, votes=40)
    pier.hook(ListKind.TRENDING, "week")
    pier.add(2, votes=90)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00002"]
    [request] = pier.got()
    assert said(request)["data"]["list"]["name"] == "Trending, week"


@pytest.mark.parametrize(
    ("kind", "subject"), [(ListKind.SEARCH, "kites -moon"), (ListKind.AUTHOR, "Bo Salt")]
)
def test_searches_and_authors_tell_only_what_holds_the_words(
    pier: Pier, kind: ListKind, subject: str
) -> None:
    pier.server.answer(PATH)
    pier.add(1)
    sync_index(pier.services)
    pier.hook(kind, subject)
    pier.add(2, title="Lanterns and Kites", authors=("Bo Salt",))
    pier.add(3, title="Lanterns and Piers")
    assert webhook_round(pier.services).queued == 0, "the index does not know it yet"
    sync_index(pier.services)
    pier.clock.pass_(minutes=2)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00002"]


@pytest.mark.parametrize(
    ("status", "said_"), [(500, "answered 500"), (404, "answered 404"), (302, "a redirect")]
)
def test_a_failure_is_tried_again_later_under_the_same_name(
    pier: Pier, status: int, said_: str
) -> None:
    pier.server.answer(PATH, status=status, headers={"Location": "/elsewhere"}, times=1)
    pier.server.answer(PATH)
    pier.server.answer("/elsewhere")
    _, hook = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    [waiting] = pier.deliveries(hook)
    assert (waiting.state, waiting.status, waiting.attempts) == (DeliveryState.WAITING, status, 1)
    assert said_ in waiting.error
    assert waiting.due_at == START + timedelta(seconds=BACKOFF[0])
    assert pier.now(hook).failing_since == START
    pier.clock.pass_(seconds=BACKOFF[0] - 1)
    webhook_round(pier.services)
    assert len(pier.got()) == 1
    pier.clock.pass_(seconds=1)
    webhook_round(pier.services)
    first, second = pier.got()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert pier.got("/elsewhere") == []
    assert pier.now(hook).failing_since is None


def test_waits_grow_and_retry_after_makes_them_longer(pier: Pier) -> None:
    pier.server.answer(PATH, status=503, times=1)
    pier.server.answer(PATH, status=429, headers={"Retry-After": "7200"})
    _, hook = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    pier.clock.pass_(seconds=BACKOFF[0])
    webhook_round(pier.services)
    [waiting] = pier.deliveries(hook)
    assert waiting.due_at - pier.clock() == timedelta(seconds=7200) > timedelta(seconds=BACKOFF[1])


def test_a_slow_and_a_broken_answer_are_failures_that_end_in_time(pier: Pier) -> None:
    pier.server.answer("/slow", fault="hang")
    pier.server.answer("/dripping", fault="drip headers")
    _, slow = pier.hook(path="/slow")
    _, dripping = pier.hook(path="/dripping")
    pier.add(1)
    webhook_round(pier.services, timeout=HANG_SECONDS)
    for hook in (slow, dripping):
        assert pier.now(hook).last_error == "127.0.0.1 did not answer within 0.3 seconds."


def test_deliveries_come_in_their_order_and_none_overtakes_one_that_fails(pier: Pier) -> None:
    pier.server.answer(PATH, status=500, times=1)
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    pier.add(2)
    pier.clock.pass_(seconds=BACKOFF[0] - 1)
    webhook_round(pier.services)
    pier.clock.pass_(minutes=2)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00001", "2608.00001", "2608.00002"]
    assert set(states(pier, hook)) == {DeliveryState.DELIVERED}


def test_after_days_of_failures_a_webhook_stops_and_its_owner_is_told(pier: Pier) -> None:
    pier.server.answer(PATH, status=500)
    _, hook = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    pier.clock.pass_(days=4, hours=23)
    webhook_round(pier.services)
    assert pier.now(hook).state is WebhookState.ACTIVE
    pier.clock.pass_(days=1)
    webhook_round(pier.services)
    stopped = pier.now(hook)
    assert stopped.state is WebhookState.STOPPED
    assert stopped.reason == (
        "Nothing could be delivered since 2026-08-21 12:00 UTC. 127.0.0.1 answered 500."
    )
    [news] = pier.services.community.notifications.of(pier.bob)
    assert news.text.startswith("Your webhook for “New in physics.optics” was stopped. Nothing")
    assert news.path == f"/settings/webhooks/{hook.webhook_id}"
    asked = len(pier.got())
    pier.clock.pass_(days=1)
    webhook_round(pier.services)
    assert len(pier.got()) == asked


def test_410_stops_at_once_and_resuming_sends_what_waited_and_what_came(pier: Pier) -> None:
    pier.server.answer(PATH, status=410, times=1)
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    assert pier.now(hook).state is WebhookState.STOPPED
    assert "410" in pier.now(hook).reason
    pier.add(2)
    pier.clock.pass_(days=2)
    webhook_round(pier.services)
    assert len(pier.got()) == 1
    pier.services.community.webhooks.resume(pier.bob, hook.webhook_id)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00001", "2608.00001", "2608.00002"]


def test_a_paused_webhook_sends_nothing_and_catches_up(pier: Pier) -> None:
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.services.community.webhooks.pause(pier.bob, hook.webhook_id)
    pier.add(1)
    pier.clock.pass_(hours=1)
    webhook_round(pier.services)
    assert pier.got() == []
    pier.services.community.webhooks.resume(pier.bob, hook.webhook_id)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00001"]


def test_webhooks_of_a_suspended_account_rest(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.hook()
    pier.add(1)
    pier.services.community.accounts.suspend(pier.alice, "bob", "Sold lanterns.")
    webhook_round(pier.services)
    assert pier.got() == []
    pier.services.community.accounts.unsuspend(pier.alice, "bob")
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00001"]


def test_webhooks_go_with_their_account(pier: Pier) -> None:
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    pier.services.community.leaving.remove(pier.bob, with_comments=False)
    webhook_round(pier.services)
    assert pier.got() == []
    assert pier.services.store.people.webhooks.known(hook.webhook_id) == set()


def test_a_collection_that_became_private_stops_its_webhooks_of_others(pier: Pier) -> None:
    lists = pier.services.community.collections
    lists.create(pier.alice, "Piers", is_public=True)
    _, hook = pier.hook(ListKind.COLLECTION, "alice/piers")
    lists.change(pier.alice, "piers", name="Piers", description="", is_public=False)
    webhook_round(pier.services)
    assert pier.now(hook).state is WebhookState.STOPPED
    assert pier.now(hook).reason == "The collection is private now."


def test_another_collection_of_the_same_number_is_not_the_one_that_was_meant(pier: Pier) -> None:
    lists = pier.services.community.collections
    lists.create(pier.alice, "Piers", is_public=True)
    _, hook = pier.hook(ListKind.COLLECTION, "alice/piers")
    lists.delete(pier.alice, "piers")
    pier.clock.pass_(minutes=1)
    lists.create(pier.alice, "Other Things", is_public=True)
    webhook_round(pier.services)
    assert pier.now(hook).state is WebhookState.STOPPED


def test_what_a_dead_worker_held_goes_out_under_the_same_name(pier: Pier) -> None:
    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    assert rounds.look(pier.services, hook) == 1
    deliveries = pier.services.store.people.deliveries
    now = pier.clock()
    taken = deliveries.take(new_claim(), now=now, until=now + LEASE)
    assert taken is not None
    webhook_round(pier.services)
    assert pier.got() == [], "its worker lives"
    pier.clock.pass_(minutes=4)
    webhook_round(pier.services)
    [request] = pier.got()
    assert request.headers["webhook-id"] == taken[0].message_id


def test_an_outcome_of_a_lost_claim_is_not_written(pier: Pier) -> None:
    pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    pier.clock.pass_(hours=1)
    deliveries = pier.services.store.people.deliveries
    taken = deliveries.take("mine", now=pier.clock(), until=pier.clock() + LEASE)
    assert taken is not None
    late = rounds.Outcome(taken[0].delivery_id, DeliveryState.DELIVERED, 200)
    assert deliveries.finish("another's", taken[1], late, pier.clock()) is None
    assert pier.deliveries(taken[1])[0].state is DeliveryState.SENDING


def test_workers_at_the_same_time_send_each_paper_once(pier: Pier) -> None:
    pier.server.answer("/many/*")
    for number in range(8):
        pier.hook(path=f"/many/{number}")
    pier.add(*range(1, 31))
    workers = [Thread(target=webhook_round, args=(pier.services,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    webhook_round(pier.services)
    names = [each.headers["webhook-id"] for each in pier.server.requests()]
    assert len(names) == len(set(names)) == 16
    for number in range(8):
        assert sorted(pier.papers(f"/many/{number}")) == [f"2608.{n:05}" for n in range(1, 31)]


def test_a_merged_paper_is_not_told_again(pier: Pier) -> None:
    pier.server.answer(PATH)
    pier.add(1)
    pier.hook(ListKind.DAY, "")
    pier.add(2, arxiv_id=None, doi="10.5555/lantern.2")
    webhook_round(pier.services)
    pier.add(1, source="hf_daily", doi="10.5555/lantern.2", title="Lantern 2 on a Long Pier")
    assert pier.services.store.count() == 1
    pier.clock.pass_(minutes=2)
    webhook_round(pier.services)
    assert pier.papers() == ["10.5555/lantern.2"]


def test_only_the_last_deliveries_are_kept(pier: Pier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_deliveries, "KEPT", 2)
    pier.server.answer(PATH)
    _, hook = pier.hook()
    for number in range(1, 5):
        pier.add(number)
        pier.clock.pass_(minutes=2)
        webhook_round(pier.services)
    assert len(pier.papers()) == 4
    assert len(pier.services.store.people.deliveries.recent(hook.webhook_id, 100)) == 2


def test_a_test_goes_out_at_once_is_signed_and_is_not_repeated(pier: Pier) -> None:
    pier.server.answer(PATH, status=500, times=1)
    pier.server.answer(PATH)
    secret, hook = pier.hook()
    failed = rounds.send_test(pier.services, pier.bob, hook.webhook_id)
    assert (failed.state, failed.error) == (DeliveryState.FAILED, "127.0.0.1 answered 500.")
    pier.clock.pass_(hours=1)
    webhook_round(pier.services)
    assert len(pier.got()) == 1
    assert pier.now(hook).failing_since is None
    delivered = rounds.send_test(pier.services, pier.bob, hook.webhook_id)
    assert (delivered.state, delivered.status) == (DeliveryState.DELIVERED, 200)
    request = pier.got()[1]
    assert said(request)["type"] == "webhook.test"
    assert request.headers["webhook-signature"] == signature(secret, request)


def test_a_new_secret_signs_from_then_on(pier: Pier) -> None:
    pier.server.answer(PATH)
    secret, hook = pier.hook()
    renewed = pier.services.community.webhooks.renew_secret(pier.bob, hook.webhook_id)
    pier.add(1)
    webhook_round(pier.services)
    [request] = pier.got()
    assert renewed != secret
    assert request.headers["webhook-signature"] == signature(renewed, request)


def test_neither_log_nor_database_nor_export_holds_a_secret(
    pier: Pier, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pier.server.answer(PATH, status=500)
    secret, _ = pier.hook()
    pier.add(1)
    webhook_round(pier.services)
    hidden = secret.removeprefix("whsec_")
    assert hidden not in caplog.text
    assert hidden not in repr(pier.services.community.leaving.everything(pier.bob))
    with pier.services.store._database.read() as connection:
        from broadsheet.store.webhook_schema import webhook

        assert hidden not in repr(connection.execute(webhook.select()).all())


def test_a_changed_key_of_the_instance_stops_rather_than_signs_wrongly(pier: Pier) -> None:
    import dataclasses

    from broadsheet.community.secrets import Secrets

    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    rules = dataclasses.replace(pier.services.community.webhooks, secrets=Secrets(b"n" * 40))
    community = dataclasses.replace(pier.services.community, webhooks=rules)
    webhook_round(dataclasses.replace(pier.services, community=community))
    assert pier.got() == []
    assert "secret key of this Broadsheet is another" in pier.now(hook).reason


@pytest.mark.parametrize(
    ("kind", "subject", "error"),
    [
        (ListKind.CATEGORY, " ", InputError),
        (ListKind.TRENDING, "fortnight", InputError),
        (ListKind.COLLECTION, "alice/secret", InputError),
        (ListKind.COLLECTION, "nobody/nothing", InputError),
        (ListKind.SEARCH, "after:2024-77", QueryError),
        (ListKind.SEARCH, "x" * 600, InputError),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    pier: Pier, kind: ListKind, subject: str, error: type[Exception]
) -> None:
    pier.services.community.collections.create(pier.alice, "Secret")
    sync_index(pier.services)
    with pytest.raises(error):
        pier.hook(kind, subject)
    assert pier.services.community.webhooks.of(pier.bob) == []


def test_an_account_has_so_many_webhooks_and_the_operator_may_close_them(pier: Pier) -> None:
    few = pier.with_settings(webhooks_per_account=2)
    few.hook()
    few.hook()
    with pytest.raises(Conflict, match="You have 2 webhooks"):
        few.hook()
    with pytest.raises(Conflict, match="sends no webhooks"):
        pier.with_settings(webhooks_per_account=0).hook(owner=pier.alice)


def test_a_webhook_of_somebody_else_is_not_there(pier: Pier) -> None:
    _, hook = pier.hook()
    rules = pier.services.community.webhooks
    for act in (rules.own, rules.pause, rules.resume, rules.delete, rules.renew_secret):
        with pytest.raises(NotFound):
            act(pier.alice, hook.webhook_id)
    assert pier.now(hook).state is WebhookState.ACTIVE


def test_a_suspended_account_makes_none(pier: Pier) -> None:
    bob = pier.services.community.accounts.suspend(pier.alice, "bob", "Sold lanterns.")
    with pytest.raises(PermissionDenied):
        pier.hook(owner=bob)


def test_a_fault_over_one_webhook_holds_up_no_other(
    pier: Pier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pier.server.answer("/good")
    _, broken = pier.hook(path="/broken")
    _, faulty = pier.hook(path="/faulty")
    pier.hook(path="/good")
    find, ask = rounds.members, rounds.post

    def members(services: object, account: object, *given: object, **named: object) -> object:
        if not named.get("made_at") or fails.pop("look", False):
            raise ZeroDivisionError
        return find(services, account, *given, **named)  # type: ignore[arg-type]

    def post(url: str, *given: object, **named: object) -> object:
        if url.endswith("/faulty"):
            raise ZeroDivisionError
        return ask(url, *given, **named)  # type: ignore[arg-type]

    fails = {"look": True}
    monkeypatch.setattr(rounds, "members", members)
    monkeypatch.setattr(rounds, "post", post)
    pier.add(1)
    webhook_round(pier.services)
    assert pier.papers("/good") == ["2608.00001"]
    assert pier.now(broken).look_at > pier.clock()
    assert "a fault of its own (ZeroDivisionError)" in pier.now(faulty).last_error
    assert "ZeroDivisionError" in caplog.text


def test_a_damaged_message_is_given_up_and_the_next_goes_out(pier: Pier) -> None:
    from broadsheet.store.webhook_schema import webhook_delivery

    pier.server.answer(PATH)
    _, hook = pier.hook()
    pier.add(1)
    rounds.look(pier.services, hook)
    with pier.services.store._database.write() as connection:
        connection.execute(webhook_delivery.update().values(body=b"rust"))
    pier.add(2)
    pier.clock.pass_(minutes=2)
    webhook_round(pier.services)
    assert pier.papers() == ["2608.00002"]
    assert states(pier, hook) == [DeliveryState.DELIVERED, DeliveryState.FAILED]
