/** The mutation proof, by some of the changes of each kind; `npm run policy:mutations` makes them all. */
import assert from "node:assert/strict";
import { type JudgedResource } from "../../cli/policy/protocol";
import { configWithTeam, teamsOpeningChanges, withTeam } from "./mutations/beside";
import { harmlessChanges, untouched } from "./mutations/harmless";
import { type Mutation } from "./mutations/model";
import { openingChanges } from "./mutations/opening/index";
import { isRefused, outcomeInFull, outcomeOf, refusedAlone, scores } from "./mutations/score";
import { registered } from "./support/registered";
import { openConfig, packConfig } from "./support/stacks";

/** Changes of each kind, spread over the namespaces: the changes of one kind are much alike. */
const OF_EACH_KIND = 1;
const HARMLESS = 250;
/** Changes that are judged in full, too. */
const IN_FULL = 20;

function spread(mutations: readonly Mutation[], count: number): readonly Mutation[] {
    const step = Math.max(1, mutations.length / count);
    return Array.from(
        { length: Math.min(count, mutations.length) },
        (_, index) => mutations[Math.floor((index + 0.5) * step)]!,
    );
}

describe("the mutation proof", function () {
    this.timeout(900_000);
    let prod: readonly JudgedResource[];

    before(async () => {
        prod = await registered("prod");
    });

    it("every change that opens the mesh is refused by a message that names the object", () => {
        const all = openingChanges(prod);
        const kinds = new Map<string, Mutation[]>();
        for (const mutation of all) kinds.set(mutation.kind, [...(kinds.get(mutation.kind) ?? []), mutation]);
        const outcomes = [...kinds.values()]
            .flatMap((group) => spread(group, OF_EACH_KIND))
            .map((mutation) => outcomeOf(mutation, prod, openConfig("prod")));
        const both = withTeam(prod);
        outcomes.push(
            ...teamsOpeningChanges().map((mutation) => outcomeOf(mutation, both, configWithTeam())),
        );
        const refused = outcomes.filter(isRefused).length;
        process.stdout.write(
            `      ${refused} of ${outcomes.length} refused, of ${all.length} opening changes of ${kinds.size} kinds\n`,
        );
        assert.deepEqual(
            outcomes
                .filter((outcome) => !isRefused(outcome))
                .map(({ mutation }) => `${mutation.kind}: ${mutation.target}`),
            [],
        );
        assert.ok(all.length > 2000 && kinds.size > 120);
        assert.ok(scores(outcomes).length > kinds.size);
        // A policy that refuses nothing which another does not refuse too could be taken out, and no score would tell.
        assert.deepEqual(
            [...refusedAlone(outcomes)].filter(([, count]) => count === 0),
            [],
        );
    });

    it("is the same by the rules that read what changed alone as by all of them", () => {
        for (const mutation of spread(openingChanges(prod), IN_FULL)) {
            const config = openConfig("prod");
            assert.deepEqual(outcomeOf(mutation, prod, config), outcomeInFull(mutation, prod, config));
        }
    });

    it("no harmless change is", () => {
        const both = withTeam(prod);
        const changes = [untouched, ...spread(harmlessChanges(both), HARMLESS)];
        assert.ok(changes.length >= 200);
        const alarms = changes
            .map((mutation) => outcomeOf(mutation, both, configWithTeam()))
            .filter(({ messages }) => messages.length > 0);
        assert.deepEqual(
            alarms.map(
                ({ mutation, messages }) => `${mutation.kind}: ${mutation.target}: ${messages[0] ?? ""}`,
            ),
            [],
        );
    });
});

describe("the stacks in the profile closed", function () {
    this.timeout(120_000);
    for (const stack of ["local", "dev", "prod"]) {
        it(`${stack} passes`, async () => {
            const resources = await registered(stack);
            const nothing: Mutation = { kind: "", target: "", names: [], replace: new Map(), add: [] };
            const everything = {
                ...nothing,
                replace: new Map(resources.map((resource) => [resource.urn, resource])),
            };
            assert.deepEqual(outcomeInFull(everything, resources, packConfig(stack)).messages, []);
        });
    }
});
