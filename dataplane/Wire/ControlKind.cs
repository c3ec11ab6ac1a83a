namespace OppTel.Wire;

/// <summary>Kinds of control frames. Source: <c>enum opptel_control_kind</c>.</summary>
public enum ControlKind : byte
{
    /// <summary>Not a kind.</summary>
    None = 0,

    /// <summary>DPU to host: lease and acknowledgements.</summary>
    Beacon = 1,

    /// <summary>Host to DPU: what the slots mean.</summary>
    Catalog = 2,

    /// <summary>Host to DPU: a carrier when nothing else leaves.</summary>
    Heartbeat = 3,

    /// <summary>Host to DPU: the fallback exporter's frames.</summary>
    Dedicated = 4,
}
