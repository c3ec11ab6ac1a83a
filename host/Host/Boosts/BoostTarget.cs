using System.Globalization;
using Microsoft.Extensions.Logging;
using OppTel.Bpf;
using OppTel.Host.Catalog;
using OppTel.Host.Samplers;

namespace OppTel.Host.Boosts;

/// <summary>The daemon's clocks, readers and classes, as boosts move them.</summary>
/// <param name="kernel">The kernel side.</param>
/// <param name="book">Knows which slots carry a metric.</param>
/// <param name="logger">Is told when a clock does not obey.</param>
internal sealed class BoostTarget(HostKernel kernel, CatalogBook book, ILogger logger) : IBoostTarget
{
    /// <summary>The daemon's thread reads files not more often than this, whatever is allowed.</summary>
    private static readonly TimeSpan LeastReadInterval = TimeSpan.FromMilliseconds(10);

    private readonly int firstCpu = OnlineCpus.List()[0];
    private IReadOnlySet<uint> hastened = new HashSet<uint>();

    /// <inheritdoc/>
    public string? NameOf(uint metric) => kernel.Classes.NameOf(metric);

    /// <inheritdoc/>
    public int FreeSlots(int cpu) => kernel.Clocks?.FreeSlots(cpu) ?? 0;

    /// <inheritdoc/>
    public IReadOnlyList<ClockedSlot> SlotsOf(uint metric)
    {
        List<ClockedSlot> slots = [];
        foreach (Entity entity in book.Entities)
        {
            for (int index = 0; index < entity.MetricIds.Count; index++)
            {
                if (entity.MetricIds[index] != metric)
                    continue;
                // Too many to tell, and of what may be gone any time.
                if (entity.Kind != EntityKind.Host)
                    return [];
                // Those of a CPU that is offline stand still.
                if (CpuOf(entity) is var cpu && kernel.Clocks?.Has(cpu) == true)
                    slots.Add(new ClockedSlot(cpu, entity.FirstSlot + (uint)index));
            }
        }

        return slots;
    }

    /// <inheritdoc/>
    public void Apply(BoostOrder order)
    {
        ReadByClock(order);
        kernel.Samplers.Hasten(order.Metrics, order.Interval > LeastReadInterval ? order.Interval : LeastReadInterval);
        kernel.Classes.Hasten(order.Hastened);
        if (order.Hastened.Count + hastened.Count > 0)
            kernel.Classify(book.Entities, order.Hastened.Union(hastened).ToHashSet());
        hastened = order.Hastened;
    }

    /// <summary>Whatever a DPU asks for, the daemon goes on.</summary>
    private void ReadByClock(BoostOrder order)
    {
        try
        {
            kernel.ReadByClock(order.Interval, order.Clocked);
        }
        catch (BpfException exception)
        {
            logger.LogWarning("boost: {Reason}", exception.Message);
        }
    }

    private int CpuOf(Entity entity) =>
        entity.Labels.TryGetValue("cpu", out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int cpu)
            ? cpu
            : firstCpu;
}
