namespace OppTel.Anomaly.Tests;

public class ScoreProbe(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public void Probe()
    {
        foreach ((string kind, Func<int, Func<double, Load>> make) in Loads.All)
        {
            foreach ((string name, Load stress) in new (string, Load)[] { ("cpu", new Load(QuietCpu: 1, Queue: 2)), ("memory", new Load(QuietMemory: 500e6, Faults: 120_000)), ("disk", new Load(Writes: 4000)) })
            {
                SyntheticHost host = new(make(5), new AnomalySettings { Evidence = 1e9 });
                host.Run(40);
                if (name == "memory")
                    host.Run(0.99);
                host.Stress = stress;
                string line = $"{kind} {name} T {host.HostModel.Threshold:f1}:";
                for (int step = 0; step < 5; step++)
                {
                    host.Advance();
                    AnomalyModel quiet = host.Engine.Models.Single(model => model.Cgroup == SyntheticHost.Quiet);
                    line += $" {host.HostModel.Score:f1} ({quiet.Score:f1}/{quiet.Threshold:f1})";
                    if (step == 3)
                        line += string.Join(", ", host.HostModel.Explain(4).Select(part => $"{part.Name} {part.Share:p0}"));
                }

                output.WriteLine(line);
            }
        }
    }

    [Fact(Explicit = true)]
    public void Tails()
    {
        foreach ((string kind, Func<int, Func<double, Load>> make) in Loads.All)
        {
            SyntheticHost host = new(make(5), new AnomalySettings { Evidence = 1e9 });
            host.Run(60);
            for (int step = 0, shown = 0; step < 20000 && shown < 12; step++)
            {
                host.Advance();
                if (host.HostModel.Score < host.HostModel.Threshold * 0.7)
                    continue;
                shown++;
                output.WriteLine($"{kind} {step} {host.HostModel.Score:f1} of {host.HostModel.Threshold:f1} {string.Join(", ", host.HostModel.Explain(5).Select(part => $"{part.Name} {part.Share:p0} {part.Value:g3} for {part.Expected:g3}"))}");
            }
        }
    }
}
