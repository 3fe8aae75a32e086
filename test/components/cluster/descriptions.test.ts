import assert from "node:assert/strict";
import { runProgram } from "../../support/program";

describe("descriptions of security groups and their rules", () => {
    for (const stack of ["dev", "prod"]) {
        it(`contain only characters that EC2 accepts, in ${stack}`, async () => {
            const resources = await runProgram(stack, {}, {});
            const described = resources.filter(({ type }) => /^aws:(ec2|vpc)\/securityGroup/.test(type));
            assert.ok(described.length > 8);
            // EC2 rejects others only in the update: "strings less than 256 characters from the following set:
            // a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
            const rejected = described
                .map(({ inputs }) => (inputs["description"] ?? "") as string)
                .filter((text) => !/^[a-zA-Z0-9. _:/()#,@[\]+=&;{}!$*-]{0,255}$/.test(text));
            assert.deepEqual(rejected, []);
        });
    }
});
