// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloatTime} from "@web/views/fields/formatters";
import {
    FloatTimeField,
    floatTimeField,
} from "@web/views/fields/float_time/float_time_field";
import {useInputField} from "@web/views/fields/input_field_hook";
import {useNumpadDecimal} from "@web/views/fields/numpad_decimal_hook";

const HOURS_IN_A_DAY = 24;
const TIME = /^(\d{1,2})(?:[:.h]?(\d{2}))?$/;

/**
 * @param {string} text a time of day as people type it: 9, 9:30, 930, 17h30
 * @returns {number|false} hours after midnight, 24 at midnight; false for no time
 * @throws {Error} no time of day
 */
export function parseClock(text) {
    const source = text.trim();
    if (!source) {
        return false;
    }
    const match = source.match(TIME);
    const hours = match ? Number(match[1]) + Number(match[2] || 0) / 60 : NaN;
    if (!(hours <= HOURS_IN_A_DAY) || Number(match[2] || 0) > 59) {
        throw new Error(_t("Invalid time of day. Use 9:30, 930 or 17."));
    }
    return hours || HOURS_IN_A_DAY;
}

/** A time of day; empty where there is none. Midnight is 24, since 0 is no time. */
export class ClockField extends FloatTimeField {
    setup() {
        this.inputFloatTimeRef = useInputField({
            getValue: () => this.formattedValue,
            refName: "numpadDecimal",
            parse: parseClock,
        });
        useNumpadDecimal();
    }

    get formattedValue() {
        const {name, record} = this.props;
        const value = record.data[name];
        // An entry that begins at midnight has an end.
        const isMidnight = name === "time_start" && record.data.time_stop;
        return value || isMidnight ? formatFloatTime(value % HOURS_IN_A_DAY) : "";
    }
}

registry.category("fields").add("service_clock", {
    ...floatTimeField,
    component: ClockField,
    isEmpty: (record, name) =>
        !record.data[name] && !(name === "time_start" && record.data.time_stop),
});
