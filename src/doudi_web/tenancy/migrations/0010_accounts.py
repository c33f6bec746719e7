"""Accounts that log in, roles that two people give, tokens that are confirmed. Tokens that worked go on working."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import doudi_web.tenancy.clock


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveField(
            model_name="account",
            name="failures",
        ),
        migrations.RemoveField(
            model_name="account",
            name="locked_until",
        ),
        migrations.AddField(
            model_name="account",
            name="confirmed",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="created",
            field=models.DateTimeField(default=doudi_web.tenancy.clock.now),
        ),
        migrations.AddField(
            model_name="account",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="account",
            name="must_change",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="account",
            name="one_time_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="one_time_step",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="token",
            name="confirmed",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("doctor", "医生"),
                            ("cashier", "收费员"),
                            ("insurance_office", "医院医保办"),
                            ("township_officer", "乡镇街道经办"),
                            ("district_admin", "区医保管理员"),
                            ("fund_accountant", "基金会计"),
                            ("auditor", "审计员"),
                            ("city_viewer", "市级查看"),
                            ("system_client", "医院信息系统"),
                            ("system_admin", "系统管理员"),
                            ("security_admin", "安全管理员"),
                            ("audit_admin", "审计管理员"),
                        ],
                        max_length=20,
                    ),
                ),
                ("asked_by", models.CharField(max_length=60)),
                ("asked", models.DateTimeField()),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided", models.DateTimeField(null=True)),
                ("accepted", models.BooleanField(null=True)),
                ("reason", models.CharField(blank=True, max_length=400)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "facility",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="tenancy.facility",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="tenancy.token"
                    ),
                ),
                (
                    "township",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="tenancy.township",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PastPassword",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.RunSQL("UPDATE tenancy_token SET confirmed = created", migrations.RunSQL.noop),
    ]
