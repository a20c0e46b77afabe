"""Many ask for the last offers at the same moment, through the public door."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from capture.blocks.starts import block
from capture.models import Submission
from leadflow.models import Lead
from leadflow.offers.models import Offer, OfferGrant
from tests.factories.capture import contact_blocks, contact_body, published_form


@pytest.mark.django_db(transaction=True)
def test_abuse_A21_fifty_at_once_get_ten_codes_and_every_answer_is_kept(settings):
    settings.FORM_POSTS_PER_MINUTE = 1_000
    offer = Offer.objects.create(
        name="Rush", value=10, code="RUSH", most_uses=10, has_own_codes=True
    )
    form = published_form(*contact_blocks(), block("offer", offer=str(offer.pk)))
    bodies = [
        contact_body(form, email=f"p{n}@rush{n}.example", client_id=f"client-{n:04}")
        for n in range(50)
    ]
    together = threading.Barrier(10)

    def send(body):
        try:
            together.wait(30)
            told = Client().post(
                form.public_path, json.dumps(body), content_type="application/json"
            )
            return told.json()["thanks"]["offer"]["code"]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        codes = [code for code in pool.map(send, bodies) if code]

    offer.refresh_from_db()
    assert len(codes) == len(set(codes)) == offer.given == OfferGrant.objects.count() == 10
    assert Submission.objects.count() == Lead.objects.count() == 50
