import assert from "node:assert/strict";
import { partOf, taken } from "./mutations/part";

describe("a part of the mutation proof", () => {
    const items = Array.from({ length: 101 }, (_, index) => index);

    it("is everything without an argument", () => {
        assert.deepEqual(taken(items, partOf([])), items);
    });

    it("is disjoint from the other parts, and together they are everything", () => {
        const parts = [1, 2, 3, 4, 5, 6, 7, 8].map((number) =>
            taken(items, partOf(["--part", `${number}/8`])),
        );
        assert.deepEqual(
            parts.flat().sort((a, b) => a - b),
            items,
        );
        assert.ok(parts.every(({ length }) => length >= 12 && length <= 13));
    });

    it("needs a number within the parts", () => {
        for (const text of ["0/8", "9/8", "1", "a/b"])
            assert.throws(() => partOf(["--part", text]), /expected --part <number>\/<parts>/, text);
    });
});
