using System.Collections.Frozen;
using OppTel.Exports.Otlp.Protocol;

namespace OppTel.Exports.Otlp;

/// <summary>Names and types of attributes by OpenTelemetry's semantic conventions, from labels in Prometheus spelling.</summary>
internal static class SemanticAttributes
{
    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>
    {
        ["process_pid"] = "process.pid",
        ["process_executable_name"] = "process.executable.name",
        ["process_context_switch_type"] = "process.context_switch.type",
        ["context_switch_type"] = "process.context_switch.type",
        ["cgroup"] = "process.linux.cgroup",
        ["cpu"] = "cpu.logical_number",
        ["cpu_mode"] = "cpu.mode",
        ["system_memory_state"] = "system.memory.state",
        ["system_paging_direction"] = "system.paging.direction",
        ["system_paging_fault_type"] = "system.paging.fault.type",
        ["system_device"] = "system.device.name",
        ["disk_io_direction"] = "disk.io.direction",
        ["network_interface_name"] = "network.interface.name",
        ["network_io_direction"] = "network.io.direction",
        ["hw_id"] = "hw.id",
        ["hw_name"] = "hw.name",
        ["hw_gpu_task"] = "hw.gpu.task",
        ["container_id"] = "container.id",
        ["container_runtime_name"] = "container.runtime.name",
        ["k8s_pod_uid"] = "k8s.pod.uid",
        ["k8s_pod_name"] = "k8s.pod.name",
        ["k8s_namespace_name"] = "k8s.namespace.name",
        ["k8s_container_name"] = "k8s.container.name",
        ["host"] = "host.name",
        ["generation"] = "dotnet.gc.heap.generation",
        ["otel_metric_overflow"] = "otel.metric.overflow",
        ["gpu"] = "opptel.gpu",
        ["systemd_unit"] = "opptel.systemd.unit",
        ["producer"] = "opptel.producer",
    }.ToFrozenDictionary();

    /// <summary>Labels with a name of their own, in Prometheus spelling.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Known => Names;

    /// <summary>An attribute.</summary>
    /// <param name="label">Name of the label.</param>
    /// <param name="value">Its value.</param>
    /// <param name="isOwn">It belongs to a metric of OppTel's, whose labels are named after it where there is no convention.</param>
    public static KeyValue Of(string label, string value, bool isOwn)
    {
        string name = Names.GetValueOrDefault(label) ?? (isOwn ? "opptel." + label : label);
        return new KeyValue { Key = name, Value = ValueOf(name, value) };
    }

    /// <summary>An attribute that is text.</summary>
    public static KeyValue Text(string name, string value) => new() { Key = name, Value = new AnyValue { StringValue = value } };

    /// <summary>Conventions give each attribute one type; the series that sums up others have no number there, though.</summary>
    private static AnyValue ValueOf(string name, string value) => name switch
    {
        "process.pid" or "cpu.logical_number" when long.TryParse(value, out long number) => new AnyValue { IntValue = number },
        "otel.metric.overflow" when value == "true" => new AnyValue { BoolValue = true },
        _ => new AnyValue { StringValue = value },
    };
}
