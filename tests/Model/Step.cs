namespace OppTel.Model.Tests;

/// <summary>What can happen next in a <see cref="World"/>.</summary>
internal enum Step : byte
{
    /// <summary>100 ms pass: the daemon does what is due, a packet leaves the host, the DPU sends a beacon.</summary>
    Time,

    /// <summary>The first message on its way to the host arrives.</summary>
    ToHost,

    /// <summary>The second one overtakes it.</summary>
    ToHostOvertaking,

    /// <summary>The first one arrives, and will once more.</summary>
    ToHostDoubled,

    /// <summary>The first one is lost.</summary>
    ToHostLost,

    /// <summary>The first message on its way to the DPU arrives.</summary>
    ToDpu,

    /// <summary>The second one overtakes it.</summary>
    ToDpuOvertaking,

    /// <summary>The first one arrives, and will once more.</summary>
    ToDpuDoubled,

    /// <summary>The first one is lost.</summary>
    ToDpuLost,

    /// <summary>The daemon ends and another one starts.</summary>
    RestartHost,

    /// <summary>The dataplane ends and another one starts; the aggregator goes on.</summary>
    RestartDataplane,

    /// <summary>The aggregator ends and another one starts; the dataplane goes on.</summary>
    RestartAggregator,

    /// <summary>The aggregator stands still, or goes on.</summary>
    StallAggregator,

    /// <summary>An entity is born and takes a block, if there is one.</summary>
    Birth,

    /// <summary>The oldest entity dies.</summary>
    Death,

    /// <summary>Somebody sends again the oldest beacon with a lease that was ever sent.</summary>
    ReplayBeacon,

    /// <summary>Somebody sends again the oldest catalog that was ever sent.</summary>
    ReplayCatalog,
}
