// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useState} from "@odoo/owl";
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
import {parseDuration} from "./parse_duration";

/** What was understood of the text, beside the field while one types. */
export class DurationHint extends Component {
    static template = "helpdesk_service_credit.DurationHint";
    static props = {hint: Object, close: {type: Function, optional: true}};

    setup() {
        this.hint = useState(this.props.hint);
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
        this.hint = useState({text: "", isWrong: false});
        this.popover = usePopover(DurationHint, {
            position: "bottom-start",
            animation: false,
            arrow: false,
            closeOnClickAway: false,
            setActiveElement: false,
        });
    }

    parse(text) {
        const {confirmed, signed} = this.props;
        return parseDuration(text, {confirmed, signed});
    }

    /** Said where no label stands beside the field: in the row of a list. */
    get label() {
        const {id, name, record} = this.props;
        return id ? null : record.fields[name].string;
    }

    onInput(ev) {
        const text = ev.target.value;
        try {
            this.hint.text = `= ${formatFloatTime(this.parse(text))}`;
            this.hint.isWrong = false;
        } catch (error) {
            this.hint.text = error.message;
            this.hint.isWrong = true;
        }
        if (text.trim() && !this.popover.isOpen) {
            this.popover.open(ev.target, {hint: this.hint});
        } else if (!text.trim()) {
            this.popover.close();
        }
    }

    onBlur() {
        // A text that was not understood keeps saying so.
        if (!this.hint.isWrong) {
            this.popover.close();
        }
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
