using System.Reflection;
using System.Runtime.InteropServices;

namespace OppTel.Dpdk;

/// <summary>Opens the native library and refuses one that does not fit this program or the DPDK that it found.</summary>
public static unsafe class Shim
{
    private static readonly Lazy<string?> OpenFailure = new(Open);

    /// <summary>Where the library lies: <c>lib/</c> beside the program.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "lib", "libopptel_dpdk.so");

    /// <summary>Version of the DPDK that was loaded; valid after <see cref="TryOpen"/>.</summary>
    public static string DpdkVersion => Text(Native.opptel_version_loaded());

    /// <summary>Version of the DPDK that the shim was compiled against; valid after <see cref="TryOpen"/>.</summary>
    public static string CompiledDpdkVersion => Text(Native.opptel_version_compiled());

    /// <summary>Loads the library once and compares interface, releases, sizes and layouts.</summary>
    /// <param name="layouts">Structures that C# sees besides the mbuf; names as in the shim's table.</param>
    /// <param name="reason">Why it cannot be used, with the remedy; empty on success.</param>
    public static bool TryOpen(IReadOnlyList<LayoutField> layouts, out string reason)
    {
        reason = OpenFailure.Value ?? FindMismatch(layouts) ?? "";
        return reason.Length == 0;
    }

    private static string? Open()
    {
        try
        {
            nint handle = NativeLibrary.Load(Path);
            NativeLibrary.SetDllImportResolver(
                typeof(Shim).Assembly, (name, _, _) => name == Native.Library ? handle : 0);
            // Looking a function up allocates: that is not for a worker's first burst.
            foreach (MethodInfo method in typeof(Native).GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
                Marshal.Prelink(method);
            return null;
        }
        catch (DllNotFoundException exception)
        {
            string remedy = File.Exists(Path)
                ? "install the DPDK that it was built against (Debian: apt install libdpdk-dev)"
                : "build it with scripts/build, or reinstall OppTel";
            return $"cannot load the DPDK shim {Path}: {FirstLine(exception.Message)}; {remedy}";
        }
    }

    private static string? FindMismatch(IReadOnlyList<LayoutField> layouts)
    {
        const string Remedy = "rebuild it against the installed DPDK with scripts/build";
        if (Native.opptel_abi() is uint abi and not Native.Abi)
            return $"the DPDK shim {Path} has interface {abi}, this program knows {Native.Abi}; {Remedy}";
        if (Release(DpdkVersion) != Release(CompiledDpdkVersion))
            return $"the DPDK shim {Path} was built against {CompiledDpdkVersion} but {DpdkVersion} is installed; {Remedy}";
        string[] differences = [.. SizeDifferences(), .. LayoutField.Differences([.. RteMbuf.Layout(), .. OwnLayouts(), .. layouts], CompiledLayout())];
        return differences.Length == 0
            ? null
            : $"the DPDK shim {Path} does not fit {DpdkVersion} and this program: {string.Join("; ", differences)}; {Remedy}";
    }

    /// <summary>"DPDK 22.11.11" and "MLNX_DPDK 22.11.2504.1.0" are both release 22.11: what follows are fixes within one ABI.</summary>
    internal static string Release(string version)
    {
        string[] numbers = version[(version.LastIndexOf(' ') + 1)..].Split('.', '-');
        return numbers.Length < 2 ? version : $"{numbers[0].TrimStart('0')}.{numbers[1].TrimStart('0')}";
    }

    private static LayoutField[] OwnLayouts() =>
    [
        new("opptel_layout_entry", 0, (uint)sizeof(Native.LayoutEntry)),
        new("opptel_size_entry", 0, (uint)sizeof(Native.SizeEntry)),
        new("opptel_port_info", 0, (uint)sizeof(Native.PortInfo)),
        new("opptel_port_config", 0, (uint)sizeof(Native.PortConfig)),
        new("opptel_port_stats", 0, (uint)sizeof(PortStatistics)),
        new("opptel_flow_rule", 0, (uint)sizeof(FlowRule)),
        new("opptel_flow_rule.source", FlowRule.SourceOffset, FlowRule.AddressSize),
    ];

    private static List<LayoutField> CompiledLayout()
    {
        uint count;
        Native.LayoutEntry* entries = Native.opptel_layout(&count);
        List<LayoutField> fields = [];
        for (uint index = 0; index < count; index++)
            fields.Add(new LayoutField(Text(entries[index].Name), entries[index].Offset, entries[index].Size));
        return fields;
    }

    private static List<string> SizeDifferences()
    {
        Native.SizeEntry* entries = stackalloc Native.SizeEntry[16];
        uint count = Native.opptel_sizes(entries, 16);
        List<string> differences = [];
        for (uint index = 0; index < count; index++)
        {
            if (entries[index].Compiled != entries[index].Loaded)
                differences.Add($"{Text(entries[index].Name)} was compiled with {entries[index].Compiled} bytes, the library has {entries[index].Loaded}");
        }

        return differences;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
