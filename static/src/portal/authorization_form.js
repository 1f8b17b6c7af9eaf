import {SignatureForm} from "@portal/signature_form/signature_form";
import {redirect} from "@web/core/utils/urls";
import {registry} from "@web/core/registry";
import {rpc} from "@web/core/network/rpc";
import {useRef, useState} from "@odoo/owl";

/**
 * The signature form of quotations, with the hours that the customer approves: all
 * that were asked for, or less.
 */
export class AuthorizationForm extends SignatureForm {
    static template = "helpdesk_service_credit.AuthorizationForm";

    setup() {
        super.setup();
        this.hoursInput = useRef("hours");
        this.answer = useState({hours: this.props.hours, isSending: false});
    }

    onHoursInput(ev) {
        this.answer.hours = ev.target.value;
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
            hours: this.answer.hours,
        }).catch(() => ({error: this.props.failure}));
        this.answer.isSending = false;
        if (data.redirect_url) {
            redirect(data.redirect_url);
        } else {
            this.state.error = data.error;
        }
    }
}

registry
    .category("public_components")
    .add("helpdesk_service_credit.authorization_form", AuthorizationForm);
