using System.Runtime.CompilerServices;

namespace OppTel.Bpf;

/// <summary>
/// A program at clsact ingress of an interface that stays there when its owner ends, however that is: a TCX link would go with it.
/// </summary>
public sealed unsafe class StandingFilter
{
    /// <summary>Behind all filters that others may have there.</summary>
    private const uint Priority = 0x4F54;

    // Offsets within struct bpf_prog_info and struct bpf_map_info (UAPI).
    private const int ProgramInfoSize = 256, MapCountOffset = 52, MapIdsOffset = 56;
    private const int MapInfoSize = 96, MapNameOffset = 24, MapNameLength = 16;
    private const int MostMaps = 16;

    private readonly ClsactPlace place;

    /// <summary>The place on one interface.</summary>
    public StandingFilter(string interfaceName, int interfaceIndex) =>
        place = new ClsactPlace(interfaceName, interfaceIndex, LibBpf.TcIngress, Priority);

    /// <summary>Puts a program there, in one step instead of the one before.</summary>
    /// <exception cref="BpfException">The place is somebody else's, or the kernel refused.</exception>
    public void Attach(BpfProgram program) => _ = place.Attach(program);

    /// <summary>Takes the program off, and the qdisc too when nobody uses it.</summary>
    public void Detach() => place.Detach(withQdisc: true);

    /// <summary>Reads the only entry of an array of the program that is there, whoever loaded it; false when there is none.</summary>
    /// <typeparam name="T">The array's value.</typeparam>
    /// <param name="map">The array's name, as far as the kernel keeps it.</param>
    /// <param name="value">The entry.</param>
    public bool TryRead<T>(string map, out T value)
        where T : unmanaged
    {
        value = default;
        int fd = OpenMap(map);
        if (fd < 0)
            return false;
        uint zero = 0;
        bool isRead;
        fixed (T* pointer = &value)
            isRead = LibBpf.MapLookup(fd, &zero, pointer) == 0;
        _ = LibBpf.Close(fd);
        return isRead;
    }

    /// <summary>Sums the only entry of a per-CPU array of the program that is there, whoever loaded it; false when there is none.</summary>
    /// <typeparam name="T">The array's value, made of 64-bit numbers.</typeparam>
    /// <param name="map">The array's name, as far as the kernel keeps it.</param>
    /// <param name="total">One sum for each number.</param>
    public bool TrySum<T>(string map, out T total)
        where T : unmanaged
    {
        total = default;
        int fd = OpenMap(map);
        if (fd < 0)
            return false;
        int words = Unsafe.SizeOf<T>() / sizeof(ulong), cpus = BpfObject.PossibleCpus;
        ulong[] values = new ulong[words * cpus];
        uint zero = 0;
        bool isRead;
        fixed (ulong* pointer = values)
            isRead = LibBpf.MapLookup(fd, &zero, pointer) == 0;
        _ = LibBpf.Close(fd);
        ulong* sums = (ulong*)Unsafe.AsPointer(ref total);
        for (int index = 0; index < values.Length; index++)
            sums[index % words] += values[index];
        return isRead;
    }

    private int OpenMap(string name)
    {
        int program = place.Open(out _);
        if (program < 0)
            return -1;
        int fd = FindMap(program, name);
        _ = LibBpf.Close(program);
        return fd;
    }

    private static int FindMap(int program, string name)
    {
        byte* info = stackalloc byte[ProgramInfoSize];
        uint* ids = stackalloc uint[MostMaps];
        new Span<byte>(info, ProgramInfoSize).Clear();
        *(uint*)(info + MapCountOffset) = MostMaps;
        *(ulong*)(info + MapIdsOffset) = (ulong)ids;
        uint length = ProgramInfoSize;
        if (LibBpf.GetInfo(program, info, &length) != 0)
            return -1;
        for (uint index = 0; index < Math.Min(*(uint*)(info + MapCountOffset), MostMaps); index++)
        {
            int fd = LibBpf.MapById(ids[index]);
            if (fd >= 0 && name.StartsWith(MapName(fd), StringComparison.Ordinal))
                return fd;
            if (fd >= 0)
                _ = LibBpf.Close(fd);
        }

        return -1;
    }

    private static string MapName(int fd)
    {
        byte* info = stackalloc byte[MapInfoSize];
        new Span<byte>(info, MapInfoSize).Clear();
        uint length = MapInfoSize;
        if (LibBpf.GetInfo(fd, info, &length) != 0)
            return "\0";
        ReadOnlySpan<byte> text = new(info + MapNameOffset, MapNameLength);
        return System.Text.Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
    }
}
