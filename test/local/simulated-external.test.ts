import assert from "node:assert/strict";

import { dns } from "../../local/node/addons/dns";
import {
    listeners,
    simulatedArguments,
    simulatedIdentity,
    type SimulatedHost,
} from "../../local/node/simulated-external";
import { settings } from "../../local/node/settings";
import { overlap } from "../../local/node/network";

const HOSTS: readonly SimulatedHost[] = [
    { host: "smtp.example.com", port: 465, protocol: "tls" },
    { host: "api.example.com", port: 443, protocol: "https" },
    { host: "db.example.com", port: 5432, protocol: "tcp" },
    { host: "smtp.example.com", port: 587, protocol: "tls" },
];

describe("the simulated external services", () => {
    it("have an address for each host, for any ports and any order", () => {
        const all = listeners(HOSTS);
        assert.deepEqual(
            all.map(({ host, port, address }) => `${host}:${port} ${address}`),
            [
                "api.example.com:443 198.18.0.1",
                "db.example.com:5432 198.18.0.2",
                "smtp.example.com:465 198.18.0.3",
                "smtp.example.com:587 198.18.0.3",
            ],
        );
        assert.deepEqual(listeners([...HOSTS].reverse()), all);
    });

    it("support more than 256 hosts", () => {
        const many = Array.from({ length: 600 }, (_none, index): SimulatedHost => {
            return { host: `h${index}.example.com`, port: 443, protocol: "https" };
        });
        const addresses = new Set(listeners(many).map(({ address }) => address));
        assert.equal(addresses.size, 600);
        for (const address of addresses) {
            assert.match(address, /^198\.18\.\d{1,3}\.\d{1,3}$/);
            assert.ok(address.split(".").every((part) => Number(part) < 256));
        }
    });

    it("have addresses outside the cluster", () => {
        for (const subnet of [settings.podSubnet, settings.serviceSubnet])
            assert.equal(overlap(settings.simulatedSubnet, subnet), false);
    });

    it("serve TLS with the hosts' names, or plain TCP", () => {
        const all = listeners(HOSTS);
        const args = simulatedArguments(all, "/pair.pem").join(" ");
        assert.match(args, /--tls \/pair\.pem/);
        assert.match(args, /--port host-0:https:198\.18\.0\.1:443/);
        assert.match(args, /--port host-1:tcp:198\.18\.0\.2:5432/);
        assert.match(args, /--port host-2:https:198\.18\.0\.3:465/);
        assert.deepEqual(simulatedIdentity(all).dnsNames, [
            "api.example.com",
            "db.example.com",
            "smtp.example.com",
        ]);
        const plain = listeners(HOSTS.filter(({ protocol }) => protocol === "tcp"));
        assert.doesNotMatch(simulatedArguments(plain, "/pair.pem").join(" "), /--tls/);
    });

    it("have the real names in a DNS that restarts when they change", () => {
        const objects = (hosts: readonly SimulatedHost[]) =>
            JSON.stringify(dns({ image: "x", hosts: listeners(hosts) }));
        const configuration = (text: string) => /"sparc.dev\/configuration":"([^"]+)"/.exec(text)?.[1];
        assert.match(objects(HOSTS), /hosts \{\\n +198\.18\.0\.1 api\.example\.com\\n/);
        assert.equal(objects(HOSTS).split("198.18.0.3 smtp.example.com").length, 2);
        assert.doesNotMatch(objects([]), /hosts \{/);
        assert.notEqual(configuration(objects(HOSTS)), configuration(objects([])));
        assert.equal(configuration(objects(HOSTS)), configuration(objects([...HOSTS].reverse())));
    });
});
