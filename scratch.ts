import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { startDashboard } from './test/support/dashboard-fixture.ts';
const axe = readFileSync('node_modules/axe-core/axe.min.js','utf8');
const run = async () => {
  const f = await startDashboard({clusters: 40, incidents: 30});
  const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-dev-shm-usage'] });
  for (const [w, scheme] of [[1280,'light'],[1280,'dark'],[390,'light']] as const) {
    const c = await b.newContext({ viewport: { width: w, height: 900 }, colorScheme: scheme });
    const p = await c.newPage();
    for (const [name, path] of [['now','/'],['clusters','/clusters'],['cluster','/clusters/prod-eu'],['signin','/sign-in']] as const) {
      await p.goto(f.url + path);
      await p.waitForTimeout(300);
      await p.screenshot({ path: `/tmp/lead/shell-shots/${name}-${w}-${scheme}.png`, fullPage: false });
    }
    await p.goto(f.url + '/');
    const r = await p.evaluate(`document.querySelector('.cause').style.color='#eee'; document.querySelector('select').removeAttribute('name'); document.querySelector('label').remove(); ${axe}; axe.run(document)`) as any;
    console.log(w, scheme, 'passes', r.passes.length, 'viol', r.violations.map((v:any)=>v.id), 'incomplete', r.incomplete.map((v:any)=>v.id+':'+v.nodes.length));
  }
  await b.close(); await f.stop();
};
await run();
