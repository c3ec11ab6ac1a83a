using System.Runtime.InteropServices;

namespace OppTel.Bpf;

/// <summary>Every function of libbpf (and of libc, for mappings) that OppTel calls. libbpf 1.0 or newer.</summary>
internal static unsafe partial class LibBpf
{
    internal const int TcxEgress = 47;
    internal const int Iterator = 28;
    internal const uint TestRunOnCpu = 1;
    internal const uint FlagBefore = 1 << 3;
    internal const int TcIngress = 1;
    internal const int TcEgress = 2;
    internal const uint TcReplace = 1;
    internal const int TcWholeQdisc = 3;
    internal const int CloseOnExec = 0x80000;

    internal const ulong PerfCloseOnExec = 8;

    /// <summary>Number of the system call, which libc has no function for.</summary>
    internal static readonly nint PerfEventOpenNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 298,
        Architecture.Arm64 => 241,
        Architecture other => throw new PlatformNotSupportedException($"the number of perf_event_open on {other} is not known"),
    };

    private const string Library = "libbpf.so.1";

    [LibraryImport(Library, EntryPoint = "libbpf_version_string")]
    internal static partial nint VersionString();

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    internal static partial nint SetPrint(delegate* unmanaged[Cdecl]<int, byte*, nint, int> print);

    [LibraryImport(Library, EntryPoint = "bpf_object__open_file", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ObjectOpen(string path, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    internal static partial int ObjectLoad(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    internal static partial void ObjectClose(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_map_by_name", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint FindMap(nint bpfObject, string name);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_map")]
    internal static partial nint NextMap(nint bpfObject, nint previous);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    internal static partial nint NextProgram(nint bpfObject, nint previous);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    internal static partial nint ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__type")]
    internal static partial uint ProgramType(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_type", SetLastError = true)]
    internal static partial int ProgramSetType(nint program, uint type);

    [LibraryImport(Library, EntryPoint = "bpf_program__section_name")]
    internal static partial nint ProgramSection(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_map__name")]
    internal static partial nint MapName(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__reuse_fd", SetLastError = true)]
    internal static partial int ReuseMap(nint map, int fd);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_program_by_name", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint FindProgram(nint bpfObject, string name);

    [LibraryImport(Library, EntryPoint = "bpf_object__btf")]
    internal static partial nint ObjectBtf(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    internal static partial int MapFd(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries")]
    internal static partial int MapSetMaxEntries(nint map, uint entries);

    [LibraryImport(Library, EntryPoint = "bpf_map__initial_value")]
    internal static partial byte* MapInitialValue(nint map, nuint* size);

    [LibraryImport(Library, EntryPoint = "bpf_map__max_entries")]
    internal static partial uint MapMaxEntries(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__type")]
    internal static partial uint MapType(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__key_size")]
    internal static partial uint MapKeySize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__value_size")]
    internal static partial uint MapValueSize(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MapCreate(int type, string name, uint keySize, uint valueSize, uint entries, MapCreateOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    internal static partial int MapUpdate(int fd, void* key, void* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    internal static partial int MapLookup(int fd, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_elem", SetLastError = true)]
    internal static partial int MapLookupAndDelete(int fd, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_batch", SetLastError = true)]
    internal static partial int MapLookupBatch(int fd, void* position, void* next, void* keys, void* values, uint* count, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem", SetLastError = true)]
    internal static partial int MapDelete(int fd, void* key);

    [LibraryImport(Library, EntryPoint = "bpf_map_get_next_key", SetLastError = true)]
    internal static partial int MapNextKey(int fd, void* key, void* next);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    internal static partial int ProgramFd(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach", SetLastError = true)]
    internal static partial nint ProgramAttach(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_perf_event", SetLastError = true)]
    internal static partial nint ProgramAttachPerfEvent(nint program, int fd);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PerfEventOpen(nint number, PerfEventAttributes* attributes, int process, int cpu, int group, ulong flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int fd, nuint request, ulong* argument);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_cgroup", SetLastError = true)]
    internal static partial nint ProgramAttachCgroup(nint program, int cgroupFd);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload")]
    internal static partial int ProgramSetAutoload(nint program, [MarshalAs(UnmanagedType.U1)] bool load);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy")]
    internal static partial int LinkDestroy(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_link_create", SetLastError = true)]
    internal static partial int LinkCreate(int programFd, int target, int attachType, LinkCreateOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_iter_create", SetLastError = true)]
    internal static partial int IteratorCreate(int linkFd);

    [LibraryImport(Library, EntryPoint = "bpf_link_detach", SetLastError = true)]
    internal static partial int LinkDetach(int fd);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd", SetLastError = true)]
    internal static partial int GetInfo(int fd, void* info, uint* length);

    [LibraryImport(Library, EntryPoint = "bpf_prog_test_run_opts", SetLastError = true)]
    internal static partial int TestRun(int programFd, TestRunOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_tc_hook_create", SetLastError = true)]
    internal static partial int TcHookCreate(TcHook* hook);

    [LibraryImport(Library, EntryPoint = "bpf_tc_hook_destroy", SetLastError = true)]
    internal static partial int TcHookDestroy(TcHook* hook);

    [LibraryImport(Library, EntryPoint = "bpf_tc_attach", SetLastError = true)]
    internal static partial int TcAttach(TcHook* hook, TcOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_tc_detach", SetLastError = true)]
    internal static partial int TcDetach(TcHook* hook, TcOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_tc_query", SetLastError = true)]
    internal static partial int TcQuery(TcHook* hook, TcOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_prog_get_fd_by_id", SetLastError = true)]
    internal static partial int ProgramById(uint id);

    [LibraryImport(Library, EntryPoint = "bpf_map_get_fd_by_id", SetLastError = true)]
    internal static partial int MapById(uint id);

    [LibraryImport(Library, EntryPoint = "bpf_enable_stats", SetLastError = true)]
    internal static partial int EnableStatistics(int type);

    [LibraryImport(Library, EntryPoint = "ring_buffer__new", SetLastError = true)]
    internal static partial nint RingBufferNew(
        int mapFd, delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> sample, nint context, nint options);

    [LibraryImport(Library, EntryPoint = "ring_buffer__consume", SetLastError = true)]
    internal static partial int RingBufferConsume(nint ring);

    [LibraryImport(Library, EntryPoint = "ring_buffer__epoll_fd")]
    internal static partial int RingBufferEpollFd(nint ring);

    [LibraryImport(Library, EntryPoint = "ring_buffer__free")]
    internal static partial void RingBufferFree(nint ring);

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    internal static partial int PossibleCpus();

    [LibraryImport(Library, EntryPoint = "btf__find_by_name_kind", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int BtfFind(nint btf, string name, uint kind);

    [LibraryImport(Library, EntryPoint = "btf__type_by_id")]
    internal static partial BtfType* BtfTypeById(nint btf, uint id);

    [LibraryImport(Library, EntryPoint = "btf__name_by_offset")]
    internal static partial nint BtfName(nint btf, uint offset);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(int socket, void* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(int socket, void* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "vsnprintf")]
    internal static partial int Format(byte* buffer, nuint size, byte* format, nint arguments);

    /// <summary><c>struct bpf_link_create_opts</c>, the part in use.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LinkCreateOptions
    {
        internal nuint Size;
        internal uint Flags;
        internal uint Padding;
        internal nint IteratorInfo;
        internal uint IteratorInfoLength;
        internal uint TargetBtfId;
        internal ulong Cookie;
        private fixed ulong union[4];
    }

    /// <summary><c>union bpf_iter_link_info</c>, as iterators over cgroups have it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CgroupIteratorInfo
    {
        internal uint Order;
        internal uint CgroupFd;
        internal ulong CgroupId;
    }

    /// <summary><c>struct bpf_map_create_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MapCreateOptions
    {
        internal nuint Size;
        internal uint BtfFd;
        internal uint BtfKeyTypeId;
        internal uint BtfValueTypeId;
        internal uint BtfVmlinuxValueTypeId;
        internal uint InnerMapFd;
        internal uint Flags;
        internal ulong Extra;
        internal uint NumaNode;
        internal uint InterfaceIndex;
    }

    /// <summary><c>struct bpf_test_run_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TestRunOptions
    {
        internal nuint Size;
        internal void* DataIn;
        internal void* DataOut;
        internal uint DataSizeIn;
        internal uint DataSizeOut;
        internal void* ContextIn;
        internal void* ContextOut;
        internal uint ContextSizeIn;
        internal uint ContextSizeOut;
        internal uint Result;
        internal int Repeat;
        internal uint Duration;
        internal uint Flags;
        internal uint Cpu;
        internal uint BatchSize;
    }

    /// <summary><c>struct bpf_tc_hook</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TcHook
    {
        internal nuint Size;
        internal int InterfaceIndex;
        internal int AttachPoint;
        internal uint Parent;
        internal uint Padding;
    }

    /// <summary><c>struct bpf_tc_opts</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TcOptions
    {
        internal nuint Size;
        internal int ProgramFd;
        internal uint Flags;
        internal uint ProgramId;
        internal uint Handle;
        internal uint Priority;
        internal uint Padding;
    }

    /// <summary><c>struct btf_type</c>; members or enumerators follow.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtfType
    {
        internal uint NameOffset;
        internal uint Info;
        internal uint SizeOrType;
    }

    /// <summary><c>struct btf_member</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtfMember
    {
        internal uint NameOffset;
        internal uint Type;
        internal uint BitOffset;
    }

    /// <summary><c>struct btf_enum</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtfEnumerator
    {
        internal uint NameOffset;
        internal int Value;
    }

    /// <summary><c>struct btf_var_secinfo</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BtfSectionVariable
    {
        internal uint Type;
        internal uint Offset;
        internal uint Size;
    }
}
