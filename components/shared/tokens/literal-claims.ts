import { type Issuer, claimPath } from "../../../config/edge";
import { claimsByHeader, isLiteral } from "./claims";
import { typed } from "../envoy/envoy-filter";
import { TOKEN_HEADERS } from "../../base/names";

/**
 * Sets the headers of claims whose names contain dots, such as Auth0's `https://example.com/roles`, in Envoy's
 * format: text as it is, a list as its JSON in Base64. The JWT filter has verified the token by then and stored its
 * payload in the request's metadata. Returns undefined if no claim's name contains a dot.
 */
export function literalClaimsFilter(
    all: readonly Issuer[],
    headers: Readonly<Record<keyof typeof TOKEN_HEADERS, string>> = TOKEN_HEADERS,
): Record<string, unknown> | undefined {
    const issuers = all.flatMap((issuer) => {
        const literal = claimsByHeader(issuer, headers).filter(([, claim]) => isLiteral(claim));
        return literal.length === 0 ? [] : [{ issuer: issuer.issuer, literal }];
    });
    if (issuers.length === 0) return undefined;
    const table = issuers.map(
        ({ issuer, literal }) =>
            `[${lua(issuer)}] = { ${literal
                .map(([header, claim]) => `[${lua(header)}] = { ${claimPath(claim).map(lua).join(", ")} }`)
                .join(", ")} }`,
    );
    const source = [`local issuers = { ${table.join(", ")} }`, ...BODY].join("\n");
    return typed("filters.http.lua.v3.Lua", { default_source_code: { inline_string: `${source}\n` } });
}

const BODY = [
    "local function text(value)",
    '  if type(value) ~= "string" then return nil end',
    `  return '"' .. value:gsub('[%c"\\\\]', function(c) return string.format("\\\\u%04x", c:byte()) end) .. '"'`,
    "end",
    "function envoy_on_request(handle)",
    '  local metadata = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")',
    '  local payload = metadata and metadata["payload"]',
    '  local headers = payload and issuers[payload["iss"]]',
    "  if not headers then return end",
    "  for header, path in pairs(headers) do",
    "    local value = payload",
    "    for _, name in ipairs(path) do",
    '      value = type(value) == "table" and value[name] or nil',
    "    end",
    '    if type(value) == "string" then',
    '      if not value:find("%c") then handle:headers():replace(header, value) end',
    '    elseif type(value) == "table" and #value > 0 then',
    "      local items = {}",
    "      for index, item in ipairs(value) do items[index] = text(item) end",
    "      if #items == #value then",
    '        handle:headers():replace(header, handle:base64Escape("[" .. table.concat(items, ",") .. "]"))',
    "      end",
    "    end",
    "  end",
    "end",
];

/** A Lua string literal. The configuration does not allow control characters in an issuer or a claim. */
function lua(text: string): string {
    return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
