namespace OppTel.Telemetry;

/// <summary>One host as its series know it.</summary>
/// <param name="name">Value of the label <c>host</c>.</param>
public sealed class HostIdentity(string name)
{
    private ulong lastArrival;

    /// <summary>Value of the label <c>host</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The DPU's clock when the last trailer or control frame of the host arrived, in nanoseconds.</summary>
    public ulong LastArrival
    {
        get => Volatile.Read(ref lastArrival);
        internal set => Volatile.Write(ref lastArrival, value);
    }
}
