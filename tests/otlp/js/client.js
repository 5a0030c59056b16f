// Sends one log record and one delta metric as Claude Code does, by the SDK of a version.
// node client.js VERSION ENDPOINT http|proto|grpc none|gzip
const path = require("node:path");
const { createRequire } = require("node:module");

const [version, endpoint, format, compression] = process.argv.slice(2);
const need = createRequire(path.join(__dirname, version, "package.json"));
const { LoggerProvider, BatchLogRecordProcessor } = need("@opentelemetry/sdk-logs");
const { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality } = need("@opentelemetry/sdk-metrics");
const { OTLPLogExporter } = need(`@opentelemetry/exporter-logs-otlp-${format}`);
const { OTLPMetricExporter } = need(`@opentelemetry/exporter-metrics-otlp-${format}`);
const resources = need("@opentelemetry/resources");

const described = { "service.name": "claude-code", "service.version": "2.1.232" };
const resource = resources.resourceFromAttributes
  ? resources.resourceFromAttributes(described)
  : new resources.Resource(described);
const credentials = { authorization: "Bearer good-token" };

// Where and how an exporter of the signal sends; gRPC has one address for all, and metadata for headers.
function destination(signal) {
  if (format !== "grpc") return { url: `${endpoint}/v1/${signal}`, headers: credentials, compression };
  const { Metadata } = need("@grpc/grpc-js");
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(credentials)) metadata.set(name, value);
  return { url: endpoint, metadata, compression };
}

const common = { "session.id": "s1", "user.account_id": "user_01Ada", "organization.id": "o1" };

async function logs() {
  const exporter = new OTLPLogExporter(destination("logs"));
  // The processor takes an exporter up to 0.203, options since.
  const processor = new BatchLogRecordProcessor(Number(version.split(".")[1]) > 203 ? { exporter } : exporter);
  const provider = new LoggerProvider({ resource, processors: [processor] });
  if (provider.addLogRecordProcessor) provider.addLogRecordProcessor(processor);
  const logger = provider.getLogger("com.anthropic.claude_code.events", "2.1.232");
  for (let n = 0; n < 10; n++) {
    logger.emit({
      body: "claude_code.tool_result",
      attributes: {
        ...common,
        "event.name": "tool_result",
        "event.sequence": n,
        tool_name: "Bash",
        success: n % 2 ? "true" : "false",
        duration_ms: 12,
        cost_usd: 0.0123,
        "workspace.host_paths": ["/src/a", "/src/b"],
        tool_input: "{\"command\":\"the secret command\"}",
      },
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
}

async function metrics() {
  const exporter = new OTLPMetricExporter({
    ...destination("metrics"),
    temporalityPreference: AggregationTemporality.DELTA,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const counter = provider.getMeter("com.anthropic.claude_code").createCounter("claude_code.token.usage", {
    unit: "tokens",
  });
  counter.add(123, { ...common, type: "input", model: "claude-opus-4-6" });
  await provider.forceFlush();
  await provider.shutdown();
}

logs().then(metrics).catch((error) => {
  console.error(error);
  process.exit(1);
});
