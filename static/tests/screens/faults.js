// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
/*
 * What is wrong with the screen that is open, as a list of sentences: it scrolls
 * sideways, has controls or icons without a name, or what can be clicked and cannot be
 * reached with the keyboard. Evaluated in a browser, by the test that walks all screens
 * and by dev/shot.
 */
(() => {
    // What core makes so, whatever is shown in it.
    const CORE = [
        ".o_main_navbar .o_menu_toggle",
        ".o_breadcrumb",
        ".o_control_panel",
        ".o_button_more",
        ".o-mail-Chatter",
        ".o_list_table input[type=checkbox]",
        ".o_list_sortable_icon",
        ".o_optional_columns_dropdown",
        ".o_row_handle",
        ".o_pivot",
        ".o_notebook_headers",
        ".settings_tab",
        ".o_kanban_grouped",
        // The title of a form, without a label in helpdesk_mgmt and crm.
        ".oe_title [name=name]",
        "[name=alias_domain_id]",
        // Of the form of a product.
        "[name=uom_id]",
        "[name=service_upsell_threshold]",
        "[name=taxes_id]",
        "[name=supplier_taxes_id]",
        ".o_field_binary",
        ".o_web_sign_name_and_signature .o-dropdown",
        "header#top",
        "footer#bottom",
        ".o_portal_navbar",
    ].join();
    const CONTROLS =
        "button, a[href], [role=button], [role=tab], [role=menuitem], " +
        "input:not([type=hidden]), select, textarea";
    // What takes the focus, by Tab or, in lists and menus of core, by the arrows.
    const REACHED =
        "a[href], button, input, select, textarea, label, summary, [contenteditable]" +
        ", th, [role=option], [role=menuitem], .o_data_row, .o_group_header";
    // What core reaches with a key of its own, or with another control.
    const BY_KEY =
        "[accesskey], .modal-header button, .o_external_button" +
        ", .o_crm_pls_tooltip_button";
    const REACHED_BY_ROW =
        "label, th, .o_data_row, .o_group_header, .o_kanban_record, [role=menu]";
    const faults = [];
    const isShown = (el) =>
        el.getClientRects().length &&
        getComputedStyle(el).visibility !== "hidden" &&
        !el.closest("[aria-hidden=true]");
    // In a row or a card the arrows of core move on.
    const isReached = (el) => {
        const control = el.closest(`${REACHED}, [tabindex]`);
        return control
            ? control.tabIndex >= 0 || control.closest(`${REACHED_BY_ROW}, ${BY_KEY}`)
            : el.closest(BY_KEY);
    };
    const describe = (el) => {
        const field = el.closest("[name]");
        const where = field ? ` in ${field.getAttribute("name")}` : "";
        return `${el.outerHTML.replace(/\s+/g, " ").slice(0, 150)}${where}`;
    };
    const textOf = (id) => document.getElementById(id)?.textContent.trim() || "";
    const nameOf = (el) =>
        (el.getAttribute("aria-labelledby") || "").split(" ").map(textOf).join("") ||
        el.getAttribute("aria-label") ||
        el.title ||
        [...(el.labels || [])].map((label) => label.textContent.trim()).join("") ||
        (el.matches("input, select, textarea") ? "" : el.textContent.trim()) ||
        el.querySelector("[aria-label], [title], img[alt]:not([alt=''])");

    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth > width + 1) {
        faults.push(`the page is ${document.scrollingElement.scrollWidth} px wide`);
    }
    // Behind a dialog nothing can be reached.
    const root = [...document.querySelectorAll(".modal")].at(-1) || document.body;
    const all = [...root.querySelectorAll("*")].filter(isShown);
    const scrolls = all.filter(
        (el) =>
            ["auto", "scroll"].includes(getComputedStyle(el).overflowX) &&
            el.clientWidth &&
            el.scrollWidth > el.clientWidth + 1
    );
    for (const el of scrolls.filter((el) => !el.closest(CORE))) {
        faults.push(`scrolls sideways: ${describe(el)}`);
    }
    for (const el of all) {
        const isOut = el.getBoundingClientRect().right > width + 1;
        if (isOut && !el.closest(CORE) && !scrolls.some((box) => box.contains(el))) {
            faults.push(`ends outside: ${describe(el)}`);
        }
    }
    for (const el of all) {
        if (el.matches(CONTROLS) && !el.closest(CORE) && !nameOf(el)) {
            faults.push(`has no name: ${describe(el)}`);
        }
        const isClicked =
            getComputedStyle(el).cursor === "pointer" && !el.matches("[disabled] *");
        if (isClicked && !el.closest(CORE) && !isReached(el)) {
            faults.push(`is out of reach of the keyboard: ${describe(el)}`);
        }
        const isIcon = el.matches("i.fa, i.oi, span.fa") && !nameOf(el);
        const owner = el.parentElement?.closest("button, a, [role=button], label");
        if (isIcon && !el.closest(CORE) && !(owner && nameOf(owner))) {
            faults.push(`icon without a name: ${describe(el)}`);
        }
    }
    return faults;
})();
