using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>One rule in the switch of a device; it goes when disposed, and with the process.</summary>
public sealed unsafe class Flow : IDisposable
{
    private const int ReasonSize = 256;

    private readonly ushort proxy;
    private void* handle;

    private Flow(ushort proxy, void* handle)
    {
        this.proxy = proxy;
        this.handle = handle;
    }

    /// <summary>Asks the driver whether it can do this, then has it done.</summary>
    /// <exception cref="DpdkException">It cannot; carries its own words.</exception>
    public static Flow Create(FlowRule rule)
    {
        FlowRule* pointer = &rule;
        byte* reason = stackalloc byte[ReasonSize];
        reason[0] = 0;
        ushort proxy = (ushort)Check("rules of its switch", Native.opptel_flow_proxy(rule.From, reason, ReasonSize), reason);
        _ = Check("this rule", Native.opptel_flow_validate(proxy, pointer, reason, ReasonSize), reason);
        int result;
        void* handle = Native.opptel_flow_create(proxy, pointer, &result, reason, ReasonSize);
        _ = Check("this rule", result, reason);
        return new Flow(proxy, handle);
    }

    /// <summary>Takes the rule out.</summary>
    /// <exception cref="DpdkException">The driver refused.</exception>
    public void Dispose()
    {
        if (handle is null)
            return;
        byte* reason = stackalloc byte[ReasonSize];
        reason[0] = 0;
        int result = Native.opptel_flow_destroy(proxy, handle, reason, ReasonSize);
        handle = null;
        _ = Check("the end of a rule", result, reason);
    }

    private static int Check(string what, int result, byte* reason) =>
        result >= 0 ? result : throw new DpdkException(what, -result, Marshal.PtrToStringUTF8((nint)reason) ?? "");
}
