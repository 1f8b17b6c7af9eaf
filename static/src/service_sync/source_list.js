// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";
import {ListController} from "@web/views/list/list_controller";
import {listView} from "@web/views/list/list_view";
import {onWillUnmount} from "@odoo/owl";

const EVERY = 5000; // milliseconds, while a run goes on
const TURNS = 6; // how many of them to wait while none does

/** A list that follows runs while they go on. */
export class SyncSourceListController extends ListController {
    setup() {
        super.setup();
        this.turn = 0;
        const timer = setInterval(() => this.refresh(), EVERY);
        onWillUnmount(() => clearInterval(timer));
    }

    async refresh() {
        const {root} = this.model;
        const busy = document.hidden || root.editedRecord || root.selection?.length;
        const running = root.records?.some((record) => record.data.is_running);
        this.turn = (this.turn + 1) % TURNS;
        if (!busy && (running || !this.turn)) {
            await root.load();
        }
    }
}

registry.category("views").add("service_sync_list", {
    ...listView,
    Controller: SyncSourceListController,
});
