# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
MOST_DIGITS = 6


def format_number(env, number, digits=None):
    """Return a number as people who use the language of `env` write it in a sentence.

    Where no language is set the sentence is English, and so is its number.

    :param float number: hours, credits, units
    :param int digits: decimals to show always; without it, as few as the number needs
    :return: like 1,002.5, or 1.002,5
    """
    # Adding nothing makes of -0 a 0.
    rounded = round(number, MOST_DIGITS if digits is None else digits) + 0.0
    pattern = "%.15g" if digits is None else f"%.{digits}f"
    language = env["res.lang"]._lang_get(env.lang or "en_US")
    if not language:
        return pattern % rounded
    return language.format(pattern, rounded, grouping=True)


def clean_text(value):
    """Return a text as it came in from a browser, fit for the database.

    Whatever is no text (a list, a file, a number) is an empty one; characters that
    PostgreSQL takes in no text are left out.
    """
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
