using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using OppTel.Dpdk;
using OppTel.Segment;
using OppTel.Wire;
using OppTel.Wire.Tunnels;
using OppTel.Worker.Tunnels;

namespace OppTel.Worker;

/// <summary>Compiles the worker's code before its first burst: a carrier must not wait for the compiler.</summary>
public static class WarmUp
{
    private const BindingFlags Everything =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Compiles every method that a round can reach.</summary>
    public static void Run()
    {
        Prepare(typeof(PacketWorker));
        Prepare(typeof(IdleSleep));
        Prepare(typeof(BeaconSlot));
        Prepare(typeof(Candidates));
        Prepare(typeof(PacketIo));
        Prepare(typeof(RingProducer));
        Prepare(typeof(Trailer));
        Prepare(typeof(Footer));
        Prepare(typeof(L3));
        Prepare(typeof(OnesComplement));
        Prepare(typeof(TagTable));
        Prepare(typeof(TagKeys));
        Prepare(typeof(TrailerTag));
        Prepare(typeof(SipHash));
        Prepare(typeof(TunnelPorts));
        Prepare(typeof(TunnelTrailer));
        Prepare(typeof(OuterHeaders));
        Prepare(typeof(OuterLengths));
        Prepare(typeof(Fragment));
        Prepare(typeof(FragmentKey));
        Prepare(typeof(FragmentTable));
        Prepare(typeof(FragmentedFrame));
        Prepare(typeof(HeldDatagram));
    }

    private static void Prepare(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)] Type type)
    {
        foreach (MethodInfo method in type.GetMethods(Everything))
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
    }
}
