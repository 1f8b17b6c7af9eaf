// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {describe, expect, test} from "@odoo/hoot";
import {parseClock} from "@helpdesk_service_credit/clock/clock_field";

describe.current.tags("headless");

test("times of day as people type them", () => {
    expect(parseClock("9")).toBe(9);
    expect(parseClock(" 9:30 ")).toBe(9.5);
    expect(parseClock("930")).toBe(9.5);
    expect(parseClock("17h15")).toBe(17.25);
    expect(parseClock("0:00")).toBe(24);
    expect(parseClock("24:00")).toBe(24);
    expect(parseClock("")).toBe(false);
});

test("what is not a time of day is refused", () => {
    for (const text of ["25", "9:60", "24:01", "soon", "-1", "9:3"]) {
        expect(() => parseClock(text)).toThrow();
    }
});
