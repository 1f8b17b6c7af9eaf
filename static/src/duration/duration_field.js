// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {usePopover} from "@web/core/popover/popover_hook";
import {formatFloatTime} from "@web/views/fields/formatters";
import {
    FloatTimeField,
    floatTimeField,
} from "@web/views/fields/float_time/float_time_field";
import {useInputField} from "@web/views/fields/input_field_hook";
import {useNumpadDecimal} from "@web/views/fields/numpad_decimal_hook";
import {TimesheetUOM} from "@hr_timesheet/components/timesheet_uom/timesheet_uom";
import {DurationError, parseDuration, readingsOf} from "./parse_duration";

// What most entries take, one click away.
export const AMOUNTS = ["5m", "15m", "30m", "60m"];

/** @returns {string} an amount like 15m in words */
export function choiceLabel(choice) {
    const amount = choice.slice(0, -1);
    return choice.endsWith("h") ? _t("%s hours", amount) : _t("%s minutes", amount);
}

/**
 * What was understood of the text, beside the field while one types: usual amounts
 * before, and the two readings of a number that may be hours or minutes.
 */
export class DurationHint extends Component {
    static template = "helpdesk_service_credit.DurationHint";
    static props = {
        hint: Object,
        choose: Function,
        close: {type: Function, optional: true},
    };

    setup() {
        this.hint = useState(this.props.hint);
        this.labelOf = choiceLabel;
    }
}

/** Offers amounts beside an input, and says what was understood of its text. */
export function useDurationHint(parse, getAmounts = () => AMOUNTS) {
    const hint = useState({text: "", isWrong: false, choices: []});
    let input;
    const popover = usePopover(DurationHint, {
        position: "bottom-start",
        animation: false,
        arrow: false,
        closeOnClickAway: false,
        // Escape is for the row or the window that the input is in.
        closeOnEscape: false,
        setActiveElement: false,
    });
    const open = () => {
        if (!popover.isOpen) {
            popover.open(input, {hint, choose});
        }
    };
    const choose = (text) => {
        input.value = text;
        input.dispatchEvent(new InputEvent("input", {bubbles: true}));
        input.dispatchEvent(new Event("change", {bubbles: true}));
        input.focus();
        popover.close();
    };
    return {
        state: hint,
        onFocus(ev) {
            input = ev.target;
            const choices = getAmounts();
            if (!hint.isWrong && choices.length) {
                Object.assign(hint, {text: "", choices});
                open();
            }
        },
        onInput(ev) {
            input = ev.target;
            const text = input.value;
            hint.choices = [];
            try {
                hint.text = `= ${formatFloatTime(parse(text))}`;
                hint.isWrong = false;
            } catch (error) {
                hint.text = error.message;
                hint.isWrong = true;
                hint.choices = error.readings || [];
            }
            if (text.trim()) {
                open();
            } else {
                popover.close();
            }
        },
        onBlur() {
            // A text that was not understood keeps saying so.
            if (!hint.isWrong) {
                popover.close();
            }
        },
        close: () => popover.close(),
    };
}

/** A number that may be hours or minutes. */
export class DurationQuestion extends DurationError {
    constructor(readings) {
        super(_t("Minutes or hours? Choose one, or enter it with its unit: 15m, 15h."));
        this.readings = readings;
    }
}

/**
 * @param {string} text
 * @returns {number} hours
 * @throws {DurationError} no duration, or one that may be read in two ways
 */
export function parseClearDuration(text) {
    const readings = readingsOf(text);
    if (readings.length > 1) {
        throw new DurationQuestion(readings);
    }
    try {
        return parseDuration(text);
    } catch (error) {
        error.readings = readings;
        throw error;
    }
}

/**
 * Hours, read as people write them: 1:30, 1.5, :45, 1:80, 90m, 1h 30.
 *
 * A view where hours are taken back says `signed`, one where more than a day is
 * usual says `confirmed`.
 */
export class DurationField extends FloatTimeField {
    static template = "helpdesk_service_credit.DurationField";
    static props = {
        ...FloatTimeField.props,
        confirmed: {type: Boolean, optional: true},
        signed: {type: Boolean, optional: true},
    };

    setup() {
        this.inputRef = useInputField({
            getValue: () => this.formattedValue,
            refName: "numpadDecimal",
            parse: (text) => this.parse(text),
        });
        useNumpadDecimal();
        const {confirmed, signed} = this.props;
        // Budgets and corrections are no minutes of a desk.
        const amounts = confirmed || signed ? [] : AMOUNTS;
        this.hint = useDurationHint(
            (text) => this.parse(text),
            () => amounts
        );
    }

    parse(text) {
        const {confirmed, signed} = this.props;
        return confirmed || signed
            ? parseDuration(text, {confirmed, signed})
            : parseClearDuration(text);
    }

    /** Said where no label stands beside the field: in the row of a list. */
    get label() {
        const {id, name, record} = this.props;
        return id ? undefined : record.fields[name].string;
    }
}

export const durationField = {
    ...floatTimeField,
    component: DurationField,
    extractProps: (info, dynamicInfo) => ({
        ...floatTimeField.extractProps(info, dynamicInfo),
        confirmed: Boolean(info.options.confirmed),
        signed: Boolean(info.options.signed),
    }),
};
registry.category("fields").add("service_duration", durationField);

/** The same in the company's unit: companies that count in days keep their toggle. */
export class DurationUOM extends TimesheetUOM {
    get timesheetComponent() {
        return this.timesheetUOMService.timesheetWidget === "float_time"
            ? DurationField
            : super.timesheetComponent;
    }
}

registry.category("fields").add("service_duration_uom", {component: DurationUOM});
// Totals under a column and of a group look like its cells.
const formatters = registry.category("formatters");
formatters.add("service_duration_uom", (value, options) =>
    formatters.get("timesheet_uom", formatFloatTime)(value, options)
);
