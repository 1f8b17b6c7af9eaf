// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {onWillUnmount} from "@odoo/owl";

const EVERY = 5000; // milliseconds

/** A list that follows runs while they go on. */
export class SyncSourceListController extends ListController {
    setup() {
        super.setup();
        const timer = setInterval(() => this.refresh(), EVERY);
        onWillUnmount(() => clearInterval(timer));
    }

    async refresh() {
        const {root} = this.model;
        const busy = document.hidden || root.editedRecord || root.selection?.length;
        if (!busy) {
            await root.load();
        }
    }
}

registry.category("views").add("service_sync_list", {
    ...listView,
    Controller: SyncSourceListController,
});
