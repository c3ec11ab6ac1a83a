using OppTel.Segment;

namespace OppTel.Model.Tests;

/// <summary>
/// Visits every world that can be reached from the end of a history within a number of steps, breadth first: a world that goes on as one
/// that was visited is not visited again. From each the link then works, and all has to come right.
/// </summary>
/// <param name="budget">What is rare.</param>
internal sealed class Explorer(Budget budget) : IDisposable
{
    private const int RoundsToRecover = 40;
    private readonly TemporarySegment temporary = new();
    private readonly HashSet<UInt128> seen = [];

    public int States => seen.Count;

    public int Transitions { get; private set; }

    /// <summary>Explores; the first history that goes wrong, shortest first, or null.</summary>
    /// <param name="from">A history to begin behind.</param>
    /// <param name="depth">Most steps.</param>
    /// <param name="mostStates">Gives up beyond: to be exhaustive, less must be there.</param>
    public string? Explore(Step[] from, int depth, int mostStates)
    {
        Queue<Step[]> frontier = new([from]);
        seen.Clear();
        Replay(from, out World first);
        seen.Add(Digest.Of(first));
        while (frontier.TryDequeue(out Step[]? path))
        {
            if (path.Length - from.Length == depth)
                continue;
            Replay(path, out World world);
            foreach (Step step in world.Next(budget).ToArray())
            {
                Step[] next = [.. path, step];
                Transitions++;
                if (Replay(next, out World reached) is { } wrong)
                    return wrong;
                if (!seen.Add(Digest.Of(reached)))
                    continue;
                if (seen.Count > mostStates)
                    return $"more than {mostStates} states within {next.Length - from.Length} steps";
                if (Recover(reached, next) is { } stuck)
                    return stuck;
                frontier.Enqueue(next);
            }
        }

        return null;
    }

    /// <summary>Plays a history; says what goes wrong in it, or null.</summary>
    public string? Replay(IReadOnlyList<Step> path, out World world)
    {
        world = new World(temporary.Segment);
        for (int index = 0; index < path.Count; index++)
        {
            try
            {
                world.Do(path[index]);
            }
            catch (Exception exception) when (exception is WrongException or InvalidOperationException or Xunit.Sdk.XunitException)
            {
                return $"{exception.Message}, after {string.Join(", ", path.Take(index + 1))}";
            }
        }

        return null;
    }

    /// <summary>A history, and so many rounds behind it in which everything arrives at once.</summary>
    public Step[] Work(int rounds, params IEnumerable<Step> from)
    {
        List<Step> path = [.. from];
        if (Replay(path, out World world) is { } wrong)
            throw new WrongException(wrong);
        for (int round = 0; round < rounds; round++)
            path.AddRange(Round(world));
        return [.. path];
    }

    /// <summary>I4: once messages flow and everybody works, the host is leased, its entities' values leave and are read.</summary>
    public static string? Recover(World world, IReadOnlyList<Step> path)
    {
        try
        {
            world.Stall(false);
            for (int round = 0; round < RoundsToRecover; round++)
                Round(world);
        }
        catch (Exception exception) when (exception is WrongException or InvalidOperationException)
        {
            return $"{exception.Message}, while all recovers after {string.Join(", ", path)}";
        }

        string? missing = world.Host.Lease.Until <= world.Now ? "the host has no lease"
            : world.Host.Book.StampedEpoch == 0 || world.Dpu.View.Epoch != world.Host.Book.StampedEpoch ? "the epochs differ"
            : !world.Host.Kernel.Live.Select(block => world.Host.Kernel.Owners[block]).Order().SequenceEqual(world.Living) ? "not all values leave"
            : world.Living.Count > 0 && world.Read < world.Now - (2 * World.Tick) ? "no value is read"
            : null;
        return missing is null ? null : $"{missing}, {RoundsToRecover} rounds after {string.Join(", ", path)}: {world.Counts}";
    }

    public void Dispose() => temporary.Dispose();

    private static List<Step> Round(World world)
    {
        List<Step> done = [Step.Time];
        world.Do(Step.Time);
        while (world.ToDpu.Messages.Count > 0 || world.ToHost.Messages.Count > 0)
        {
            done.Add(world.ToDpu.Messages.Count > 0 ? Step.ToDpu : Step.ToHost);
            world.Do(done[^1]);
        }

        return done;
    }

    private sealed class TemporarySegment : IDisposable
    {
        private readonly string directory = Directory.CreateTempSubdirectory("opptel-model-").FullName;

        public TemporarySegment() => Segment = SharedSegment.Create(
            Path.Combine(directory, "segment"),
            new SegmentDescription(1, [new PortDescription("host0", "pair0", PortSide.Host, 1500), new PortDescription("net0", "pair0", PortSide.Network, 1500)], 4096),
            group: null);

        public SharedSegment Segment { get; }

        public void Dispose()
        {
            Segment.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }
}
