using System.Runtime.InteropServices;

namespace OppTel.Producers;

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SocketBuffer
{
    internal void* Data;
    internal nuint Length;
}

/// <summary><c>struct msghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SocketMessage
{
    internal void* Name;
    internal uint NameLength;
    internal SocketBuffer* Parts;
    internal nuint PartCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary><c>struct cmsghdr</c> with one descriptor behind it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct DescriptorControl
{
    /// <summary>Bytes up to the end of the descriptor.</summary>
    internal const int Used = 20;

    internal nuint Length;
    internal int Level;
    internal int Type;
    internal int Descriptor;
}
