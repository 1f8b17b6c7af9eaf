// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {_t} from "@web/core/l10n/translation";

// The same grammar as tools/duration.py; one table of cases tests both.
const MAX_BARE_HOURS = 24;
// Above this, a number without a unit is as often meant as minutes.
const MAX_CLEAR_HOURS = 8;
const MINUS = /^[-−]/;
const NUMBER = "\\d{1,9}(?:[.,]\\d+)?|[.,]\\d+";
const HOUR_UNIT = "(?:h|hr|hrs|hour|hours)\\.?";
const MINUTE_UNIT = "(?:m|min|mins|minute|minutes|')\\.?";
const CLOCK = /^(\d{0,9}):(\d{1,3})$/;
// As clocks and exports write it.
const WITH_SECONDS = /^(\d{1,9}):([0-5]\d):([0-5]\d)$/;
const BARE = new RegExp(`^(${NUMBER})$`);
const HOURS = new RegExp(
    `^(${NUMBER})\\s*${HOUR_UNIT}(?:\\s*(\\d{1,3})\\s*(?:${MINUTE_UNIT})?)?$`,
    "i"
);
const MINUTES = new RegExp(`^(${NUMBER})\\s*${MINUTE_UNIT}$`, "i");

/** A text that is no duration, or one that must be written more clearly. */
export class DurationError extends Error {}

/**
 * @param {string} text a duration as people type it
 * @param {Object} [options]
 * @param {boolean} [options.confirmed] accept a bare number above 24
 * @param {boolean} [options.signed] accept hours below 0, which are taken back
 * @returns {number} hours
 * @throws {DurationError} no duration, or a bare number above 24
 */
export function parseDuration(text, {confirmed = false, signed = false} = {}) {
    const source = text.trim();
    let match;
    if (signed && MINUS.test(source)) {
        return -parseDuration(source.slice(1), {confirmed});
    }
    if ((match = source.match(CLOCK))) {
        return (Number(match[1] || 0) * 60 + Number(match[2])) / 60;
    }
    if ((match = source.match(WITH_SECONDS))) {
        const [hours, minutes, seconds] = match.slice(1).map(Number);
        return (hours * 3600 + minutes * 60 + seconds) / 3600;
    }
    if ((match = source.match(MINUTES))) {
        return toNumber(match[1]) / 60;
    }
    if ((match = source.match(HOURS)) && (!match[2] || /^\d+$/.test(match[1]))) {
        return (toNumber(match[1]) * 60 + Number(match[2] || 0)) / 60;
    }
    if ((match = source.match(BARE))) {
        if (toNumber(match[1]) > MAX_BARE_HOURS && !confirmed) {
            throw new DurationError(
                _t(
                    "An entry takes at most 24 hours. Enter %(text)sm if you mean minutes.",
                    {
                        text: match[1],
                    }
                )
            );
        }
        return toNumber(match[1]);
    }
    throw new DurationError(_t("Invalid duration. Use 1:30, 1.5, 90m or 1h 30."));
}

/**
 * @param {string} text
 * @returns {string[]} what a bare number may mean, spelled out; empty when it is clear
 */
export function readingsOf(text) {
    const match = text.trim().match(BARE);
    if (!match || toNumber(match[1]) <= MAX_CLEAR_HOURS) {
        return [];
    }
    const minutes = `${match[1]}m`;
    return toNumber(match[1]) > MAX_BARE_HOURS ? [minutes] : [minutes, `${match[1]}h`];
}

function toNumber(text) {
    return Number(text.replace(",", "."));
}
