import type { ExternalGroup, ExternalHost } from "./model";

/** Most outside parties are asked over HTTPS on its usual port. */
function https(...hosts: string[]): ExternalHost[] {
    return hosts.map((host) => ({ host, port: 443, protocol: "https" }));
}

/** What is asked in plain HTTP, and by the egress gateway over HTTPS: the mesh then sees each request. */
function originated(...hosts: string[]): ExternalHost[] {
    return https(...hosts).map((host) => ({ ...host, tls: "originate" }));
}

/** The outside parties. A name of SPARC's own, such as its Auth0 tenant, is replaced by whoever installs this. */
export const external = {
    aws: {
        summary: "Object storage for video, and the credentials for it.",
        hosts: https(
            "s3.us-east-1.amazonaws.com",
            "sparc-recordings.s3.us-east-1.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
        ),
    },
    gcp: {
        summary: "Delivers reports to tenants on Google Cloud.",
        hosts: https("storage.googleapis.com", "bigquery.googleapis.com", "oauth2.googleapis.com"),
    },
    azure: {
        summary: "Delivers reports to tenants on Azure.",
        hosts: https("sparcreports.blob.core.windows.net", "login.microsoftonline.com"),
    },
    auth0: {
        summary: "Logs in the people of tenants that have no directory of their own.",
        hosts: https("sparc.us.auth0.com", "cdn.auth0.com"),
    },
    okta: {
        summary: "Logs in the people of tenants that use Okta.",
        hosts: https("sparc.okta.com"),
    },
    email: {
        summary: "Sends mail, over SMTP where the API is down.",
        hosts: [...https("api.sendgrid.com"), { host: "smtp.sendgrid.net", port: 465, protocol: "tls" }],
    },
    sms: {
        summary: "Sends text messages.",
        hosts: originated("api.twilio.com", "rest.nexmo.com"),
        timeout: "5s",
    },
    push: {
        summary: "Notifies telephones.",
        hosts: https("fcm.googleapis.com", "api.push.apple.com"),
    },
    ai: {
        summary: "Models that are too large to run in the cluster.",
        hosts: https("api.openai.com", "rekognition.us-east-1.amazonaws.com"),
    },
    apm: {
        summary: "Where tenants' own monitoring is told of what goes on.",
        hosts: https("api.datadoghq.com", "trace.agent.datadoghq.com", "http-intake.logs.datadoghq.com"),
    },
    payment: {
        summary: "Charges cards and accounts.",
        hosts: https("api.stripe.com", "api-m.paypal.com"),
        // Money moves there: a party in trouble is left alone early, and nothing of ours may flood it.
        breaker: { connections: 20, failures: 3, pause: "1m" },
        timeout: "5s",
        limit: { requests: 600, per: "minute" },
    },
    cdn: {
        summary: "Told which cached video to drop.",
        hosts: originated("api.fastly.com", "cloudfront.amazonaws.com"),
    },
    backup: {
        summary: "A second copy of the recordings, in another region and with another party.",
        hosts: https("s3.us-west-2.amazonaws.com", "s3.us-west-004.backblazeb2.com"),
    },
} satisfies Record<string, ExternalGroup>;
