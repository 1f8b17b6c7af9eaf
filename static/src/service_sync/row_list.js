// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {onWillUnmount} from "@odoo/owl";

const SOON = 250; // milliseconds, in which another row may be opened

/** Rows of a connected system: what is chosen on one is filled in on others. */
export class SyncRowListController extends ListController {
    setup() {
        super.setup();
        onWillUnmount(() => clearTimeout(this.timer));
    }

    async onRecordSaved() {
        await super.onRecordSaved(...arguments);
        this.reloadSoon();
    }

    reloadSoon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.reload(), SOON);
    }

    /** Read the rows again, and go on with the one that was opened meanwhile. */
    async reload() {
        const {root} = this.model;
        const edited = root.editedRecord;
        if (edited && (await edited.isDirty())) {
            this.reloadSoon();
            return;
        }
        await root.load();
        const record = edited && root.records.find((r) => r.resId === edited.resId);
        if (record) {
            await root.enterEditMode(record);
        }
    }
}

registry.category("views").add("service_sync_rows", {
    ...listView,
    Controller: SyncRowListController,
});
