// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {_t} from "@web/core/l10n/translation";
import {formatDateTime} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {Component, onWillUnmount, useState, xml} from "@odoo/owl";

const {DateTime} = luxon;

/** "5 minutes ago", with the exact moment on hover; it goes on as time does. */
export class RelativeTimeField extends Component {
    static template = xml`
        <time
            t-if="value"
            t-att-datetime="value.toISO()"
            t-att-data-tooltip="exact"
            t-att-title="exact"
            t-esc="relative"
        />
    `;
    static props = {...standardFieldProps};

    setup() {
        this.clock = useState({now: DateTime.now()});
        const timer = setInterval(() => (this.clock.now = DateTime.now()), 20000);
        onWillUnmount(() => clearInterval(timer));
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get exact() {
        return `${formatDateTime(this.value)} (${this.value.zoneName})`;
    }

    get relative() {
        const seconds = this.value.diff(this.clock.now).as("seconds");
        if (Math.abs(seconds) < 60) {
            return seconds > 5 ? _t("in a moment") : _t("just now");
        }
        return this.value.toRelative({base: this.clock.now});
    }
}

registry.category("fields").add("service_sync_relative", {
    component: RelativeTimeField,
    displayName: _t("Relative time"),
    supportedTypes: ["datetime"],
});
