// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {onWillRender, useRef, useState} from "@odoo/owl";
import {SignatureForm} from "@portal/signature_form/signature_form";
import {formatCurrency} from "@web/core/currency";
import {parseDuration} from "../duration/parse_duration";
import {redirect} from "@web/core/utils/urls";
import {registry} from "@web/core/registry";
import {rpc} from "@web/core/network/rpc";

/**
 * The signature form of quotations, with the hours that the customer approves: all
 * that were asked for, or less. The button says what is signed. What was typed stays
 * when the page is loaded again.
 */
export class AuthorizationForm extends SignatureForm {
    static template = "helpdesk_service_credit.AuthorizationForm";

    setup() {
        super.setup();
        this.key = `service_authorization:${window.location.pathname}`;
        const kept = JSON.parse(sessionStorage.getItem(this.key) || "{}");
        this.hoursInput = useRef("hours");
        this.answer = useState({
            hours: kept.hours ?? this.props.hoursText,
            isSending: false,
        });
        this.signature.name = kept.name || this.signature.name;
        onWillRender(() => this.keep());
    }

    keep() {
        if (this.isAnswered) {
            return;
        }
        const {hours} = this.answer;
        const {name} = this.signature;
        sessionStorage.setItem(this.key, JSON.stringify({hours, name}));
    }

    get hasChoice() {
        return this.props.hours > this.props.increment;
    }

    /** The hours that are signed, or null for what is no possible number of them. */
    get hours() {
        if (!this.hasChoice) {
            return this.props.hours;
        }
        try {
            const hours = parseDuration(this.answer.hours, {confirmed: true});
            return hours > 0 && hours <= this.props.hours ? hours : null;
        } catch {
            return null;
        }
    }

    get sendLabel() {
        const {hours, props} = this;
        if (hours === null) {
            return props.sendLabel;
        }
        const lang = document.documentElement.lang || undefined;
        const text = Math.abs(hours).toLocaleString(lang, {maximumFractionDigits: 2});
        const price = (props.price * hours) / props.hours;
        return props.buttonText
            .replace("{hours}", text)
            .replace("{price}", formatCurrency(price, props.currencyId));
    }

    async onClickSubmit() {
        // The field is in no form that the browser would check when it is sent.
        const input = this.hoursInput.el;
        if (input && !input.reportValidity()) {
            return;
        }
        this.answer.isSending = true;
        this.state.error = false;
        const data = await rpc(this.props.callUrl, {
            name: this.signature.name,
            signature: this.signature.getSignatureImage().split(",")[1],
            hours: this.hasChoice ? this.answer.hours : this.props.hours,
        }).catch(() => ({error: this.props.failure}));
        this.answer.isSending = false;
        if (data.redirect_url) {
            this.isAnswered = true;
            sessionStorage.removeItem(this.key);
            redirect(data.redirect_url);
        } else {
            this.state.error = data.error;
        }
    }
}

registry
    .category("public_components")
    .add("helpdesk_service_credit.authorization_form", AuthorizationForm);
