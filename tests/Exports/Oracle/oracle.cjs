// oracle.cjs decode: an export request from standard input, as JSON. oracle.cjs names: all names of metrics and attributes.
const path = require("node:path");
const fs = require("node:fs");

function folderOf(name) {
  return path.join(__dirname, "node_modules", "@opentelemetry", name);
}

if (process.argv[2] === "decode") {
  const root = require(path.join(folderOf("otlp-transformer"), "build", "src", "generated", "root.js"));
  const type = root.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
  const message = type.decode(fs.readFileSync(0));
  console.log(JSON.stringify(type.toObject(message, { longs: String, enums: String, defaults: false, json: true })));
} else {
  const names = {};
  for (const file of ["experimental_metrics.cjs", "experimental_attributes.cjs", "index.cjs"]) {
    const found = require(path.join(folderOf("semantic-conventions"), "dist", file));
    for (const [key, value] of Object.entries(found)) {
      if (typeof value === "string" && /^(METRIC|ATTR)_/.test(key)) names[value] = key.split("_")[0].toLowerCase();
    }
  }
  console.log(JSON.stringify(names));
}
