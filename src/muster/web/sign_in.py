"""The one-time link by which an invited person makes their account (the first one is the first admin's)."""

from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from muster.core.permissions import system
from muster.core.refusal import Refused
from muster.foundation.access.commands import accept_invitation, put_contact
from muster.foundation.access.queries import contacts_of, now, open_invitation
from muster.foundation.timeline.refusals import told

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class AccountForm(forms.Form):
    """Name, address and password of somebody who was invited."""

    name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput,
        help_text=_("At least 12 characters."),
        max_length=200,
    )

    def clean_password(self) -> str:
        """Raises `ValidationError` when the password is too easy."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the form of a one-time link, and make the account when it is sent; opening it uses nothing up.

    Raises:
        Refused: the link was used or has expired.
    """
    invitation = open_invitation(secret, at=now())
    person = invitation.person
    known = {"name": "" if person.handle == "admin" else person.name, "email": person.email or ""}
    form = AccountForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            return _accept(request, secret, form)
        except Refused as refused:
            form.add_error(None, told(refused).sentence)
    return render(
        request, "account/set_up.html", {"form": form, "person": person}, status=422 if form.errors else 200
    )


def _accept(request: HttpRequest, secret: str, form: AccountForm) -> HttpResponse:
    said = form.cleaned_data
    actor, at = system("set_up"), now()
    account = accept_invitation(
        secret, actor=actor, at=at, name=said["name"], email=said["email"], password=said["password"]
    )
    if not contacts_of([account.person_id])[account.person_id]:  # how somebody is paged already stays
        put_contact(account.person_id, actor=actor, at=at, kind="email", target={"address": said["email"]})
    login(request, account, backend=_BACKEND)
    return HttpResponseRedirect("/")
