// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
/* Let the user who is logged in, and the pages of the portal, speak a language. */
async (lang) => {
    const call = async (path, params) => {
        const answer = await fetch(path, {
            method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({jsonrpc: "2.0", method: "call", params}),
        });
        const {result, error} = await answer.json();
        if (error) {
            throw new Error(error.data.message);
        }
        return result;
    };
    document.cookie = `frontend_lang=${lang}; path=/`;
    const {uid, is_internal_user: isInternal} = await call(
        "/web/session/get_session_info",
        {}
    );
    if (isInternal) {
        const args = [[uid], {lang}];
        const params = {model: "res.users", method: "write", args, kwargs: {}};
        await call("/web/dataset/call_kw", params);
    }
};
