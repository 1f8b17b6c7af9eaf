// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
/*
 * Where Tab leads on the screen that is open, and what it never reached. Evaluated in a
 * browser by the test that walks all screens with the keyboard.
 */
(() => {
    const CONTROLS =
        "button, a[href], [role=button], [role=tab], [role=menuitem], " +
        "input:not([type=hidden]), select, textarea";
    // What core reaches with a key of its own: Escape, an arrow, a command.
    const BY_KEY = [
        ".btn-close",
        ".o_optional_columns_dropdown button",
        ".o_list_record_remove button",
        ".o_list_record_open_form_view button",
        ".o_list_record_selector input",
        ".o_crm_pls_tooltip_button",
        ".power_button",
        // The editor of core keeps Tab to itself.
        ".o-mail-Chatter *",
    ].join();
    // One stop for all that is in it.
    const ONE_STOP =
        ".o_field_date, .o_field_daterange, .o_field_datetime, .o_field_radio";
    // Tables to read, with rows that do not open.
    const READ_ONLY = [
        ".o_readonly_modifier:not(.o_field_service_reachable_list)",
        // The rows of an empty list are an example.
        ".o_view_sample_data",
    ].join();
    const seen = new Set();
    const isOfRows = (table) =>
        table.querySelector(".o_data_row") && !table.closest(READ_ONLY);
    const stopOf = (el) => el.closest(ONE_STOP) || el;
    // Behind a dialog nothing can be reached, and menus are core's.
    const root =
        [...document.querySelectorAll(".modal")].at(-1) ||
        document.querySelector(".o_content, #wrap");
    const isOpen = (el) =>
        el.getClientRects().length &&
        getComputedStyle(el).visibility !== "hidden" &&
        !el.disabled &&
        !el.closest("[aria-hidden=true]");
    window.keys = {
        /** Note what has the focus, and return whether it is new. */
        note() {
            const stop = stopOf(document.activeElement);
            const isNew = !seen.has(stop);
            seen.add(stop);
            return isNew;
        },
        isAt(selector) {
            return document.activeElement.matches(selector);
        },
        hasRows() {
            return [...root.querySelectorAll(".o_list_table")].some(isOfRows);
        },
        /** Leave what keeps Tab to itself: an editor of core, or its search. */
        leave() {
            const place = document.activeElement;
            const controls = [...document.querySelectorAll(CONTROLS)].filter(isOpen);
            const isAfter = (el) =>
                place.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING;
            controls.find((el) => el.tabIndex >= 0 && isAfter(el))?.focus();
        },
        missed() {
            const controls = [...root.querySelectorAll(CONTROLS)].filter(
                (el) => isOpen(el) && !el.matches(BY_KEY) && !seen.has(stopOf(el))
            );
            // From anywhere in a table the arrows lead to its rows.
            const stops = [...seen];
            const tables = [...root.querySelectorAll(".o_list_table")].filter(
                (table) =>
                    isOfRows(table) && !stops.some((stop) => table.contains(stop))
            );
            return [...controls, ...tables].map((el) => {
                const field = el.closest(".o_field_widget")?.getAttribute("name");
                return `${el.outerHTML.replace(/\s+/g, " ").slice(0, 150)} in ${field}`;
            });
        },
    };
})();
