using OppTel.Triggers.Actions;
using OppTel.Triggers.Conditions;
using OppTel.Triggers.Rules;

namespace OppTel.Triggers;

/// <summary>
/// All triggers at work: a thread that evaluates them every few milliseconds, and their actions, each with a queue of its own. Without
/// triggers there is no thread.
/// </summary>
public sealed class TriggerRunner : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Evaluating takes one part of so many of a CPU at most.</summary>
    private const int Rest = 20;

    private readonly IReadOnlyList<TriggerRule> rules;
    private readonly TriggerSurroundings surroundings;
    private readonly ActionLane[][] lanes;
    private readonly List<IDisposable> owned = [];
    private readonly ManualResetEventSlim stop = new();
    private readonly Thread thread;

    /// <summary>Prepares everything; nothing is evaluated yet.</summary>
    public TriggerRunner(TriggersConfiguration configuration, TriggerSurroundings surroundings)
    {
        rules = configuration.Rules;
        this.surroundings = surroundings;
        Engine = new TriggerEngine(rules, surroundings.Receiver.Series, surroundings.Anomalies, Fire);
        lanes = [.. rules.Select(rule => rule.Actions.Select(action => new ActionLane(
            Make(action), error => surroundings.ActionFailed(rule.Name, action.Kind, error))).ToArray())];
        thread = new Thread(Run) { Name = "triggers" };
    }

    /// <summary>Evaluates.</summary>
    public TriggerEngine Engine { get; }

    /// <summary>What happened last.</summary>
    public TriggerLog Log { get; } = new();

    /// <summary>All triggers as they are now.</summary>
    public IReadOnlyList<TriggerStatus> Status => [.. rules.Select((rule, number) => new TriggerStatus(
        rule.Name,
        Engine.Counts(number),
        [.. lanes[number].Select(lane => new ActionStatus(lane.Kind, lane.Done, lane.Failed, lane.Dropped, lane.LastError))]))];

    /// <summary>Starts to evaluate.</summary>
    public void Start()
    {
        if (rules.Count > 0)
            thread.Start();
    }

    /// <summary>Ends everything; actions are given up.</summary>
    public async ValueTask DisposeAsync()
    {
        stop.Set();
        if (thread.IsAlive)
            thread.Join();
        foreach (ActionLane lane in lanes.SelectMany(of => of))
            await lane.DisposeAsync().ConfigureAwait(false);
        owned.ForEach(resource => resource.Dispose());
        stop.Dispose();
    }

    private void Run()
    {
        try
        {
            TimeSpan wait;
            do
            {
                ulong begun = surroundings.Clock();
                Engine.Step(begun);
                TimeSpan rest = TimeSpan.FromTicks((long)(surroundings.Clock() - begun) / 100 * Rest);
                wait = rest > Interval ? rest : Interval;
            }
            while (!stop.Wait(wait));
        }
        catch (Exception exception)
        {
            surroundings.Failed(exception);
        }
    }

    private void Fire(Firing firing)
    {
        TriggerEvent happened = new(rules[firing.Trigger].Name, firing, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3);
        Log.Add(happened);
        foreach (ActionLane lane in lanes[firing.Trigger])
            lane.Post(happened);
    }

    private ITriggerAction Make(ActionRule rule)
    {
        switch (rule)
        {
            case BoostRule boost:
                return new BoostAction(boost, surroundings.Receiver, surroundings.Boosts, surroundings.Clock);
            case WebhookRule hook:
                WebhookAction webhook = new(hook, WebhookAction.DefaultBackOff);
                owned.Add(webhook);
                return webhook;
            case DumpRule dump when surroundings.History is { } history:
                return new DumpAction(dump, history);
            default:
                throw new ArgumentException($"nothing here does {rule.Kind}", nameof(rule));
        }
    }
}
