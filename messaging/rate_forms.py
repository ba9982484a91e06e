"""What staff type about prices; `messaging.rates` checks it."""

from django import forms
from django.utils.translation import gettext_lazy

from contacts.models import Channel


class RateForm(forms.Form):
    """One price."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices, initial=Channel.SMS)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Two letters, like MX. Empty: all countries without a price of their own."),
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )
    price = forms.CharField(
        label=gettext_lazy("Price"),
        max_length=20,
        help_text=gettext_lazy("Of one message; by SMS, of one part. 0 where it costs nothing."),
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        help_text=gettext_lazy("Three letters, like USD. Different currencies are never added up."),
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )


class RateListForm(forms.Form):
    """Many prices at once, pasted or as a file."""

    text = forms.CharField(
        label=gettext_lazy("Prices, one a line"),
        required=False,
        max_length=200_000,
        help_text=gettext_lazy(
            "Country, price, currency, channel; the last two may be left out. Or choose a CSV file."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "MX, 0.03, USD\n*, 0.08, USD"}),
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,text/csv,.txt"})
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel of lines that name none"), choices=Channel.choices, initial=Channel.SMS
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency of lines that name none"),
        max_length=3,
        required=False,
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
    )
    MOST_BYTES = 500_000

    def clean_file(self) -> str:
        """Its text; "" without a file."""
        file = self.cleaned_data.get("file")
        if file is None:
            return ""
        if file.size > self.MOST_BYTES:
            raise forms.ValidationError(gettext_lazy("This file is too large for a list of prices."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(gettext_lazy("Save it as CSV in UTF-8 and choose it again.")) from None
        return text
